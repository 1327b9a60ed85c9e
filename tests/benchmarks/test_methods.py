"""What is run and read, with trainings that only log."""
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.runs import ROOT

sys.path.insert(0, str(ROOT / 'benchmarks'))
import methods  # noqa: E402

from mmner.utils import InputError  # noqa: E402


def rates(epoch: int, f1: float) -> dict:
    return {'step': epoch, 'span/precision': 0.25, 'span/recall': 0.75, 'span/f1': f1}


def test_an_interrupted_run_is_read_as_one(tmp_path):
    """The second part repeats what the first had begun of the second epoch, and is killed in the third validation."""
    parts = dict(first=[dict(iter=100, time=0.5), rates(1, 0.5), dict(iter=200, time=0.9)],
                 second=[dict(iter=200, time=0.7), rates(2, 0.6), dict(iter=300, time=0.7)],
                 third=[dict(iter=400, time=0.7), rates(4, 0.7)])
    for name, lines in parts.items():
        write_lines(tmp_path / name / 'vis_data/scalars.json', lines)
    assert methods.read_log(tmp_path) == dict(
        minutes=4.7, epochs=[dict(P=0.25, R=0.75, F1=0.5), dict(P=0.25, R=0.75, F1=0.6), None,
                             dict(P=0.25, R=0.75, F1=0.7)])


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """Those that would run, in order; training only logs, and tests find other rates than validation."""
    found = []

    def run(command, **_):
        work_dir = Path(command[command.index('--work-dir') + 1])
        if 'tools/train.py' in command:
            write_lines(work_dir / 'run/vis_data/scalars.json', [dict(iter=10, time=6), rates(1, 0.5)])
            (work_dir / 'epoch_1.pth').touch()
            (work_dir / Path(command[2]).name).write_text("model = dict(precision='bfloat16')\n")
        else:
            write_lines(work_dir / 'run/run.json', [rates(0, sum(tool == 'test.py' for tool, _, _ in found) / 10)])
        found.append((Path(command[1]).name, work_dir, command[command.index('--cfg-options') + 1:]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(methods, 'WORK_DIRS', tmp_path / 'work_dirs')
    monkeypatch.setattr(methods, 'RESULTS', tmp_path / 'results')
    monkeypatch.setattr(methods.subprocess, 'run', run)
    monkeypatch.setattr(methods.machine, 'describe', lambda device: dict(processor=device))
    return found


CRF = ROOT / 'configs/bert_crf/e5-small_crf_cluener_6e.py'


def test_what_is_finished_or_in_the_results_is_not_run_again(commands, tmp_path, capsys):
    file, work_dirs = tmp_path / f'results/{CRF.stem}.json', tmp_path / 'work_dirs' / CRF.stem
    for seed in (1, 2):
        methods.measure(CRF, seed)
    assert commands == [
        (tool, work_dirs / f'seed{seed}' / folder, [f'randomness.seed={seed}'])
        for seed in (1, 2) for tool, folder in (('train.py', ''), ('test.py', 'test'))]
    methods.measure(CRF, 1)
    assert len(commands) == 4 and f'seed 1 stands in {file}; --again measures it anew' in capsys.readouterr().out
    file.unlink()
    methods.measure(CRF, 2)
    assert [tool for tool, _, _ in commands[4:]] == ['test.py']
    result = json.loads(file.read_text())['runs']['2']
    assert (result['F1'], result['minutes'], result['epochs'][0]['F1']) == (0.2, 1, 0.5)
    assert result['precision'] == 'bfloat16'


def test_a_config_that_has_changed_is_not_gone_on_with(commands, tmp_path):
    config = tmp_path / CRF.name
    header = '# python tools/train.py crf.py --amp\n'
    config.write_text(f"{header}_base_ = '{CRF}'\n")
    methods.train(config, 1)
    config.write_text(f"{header}_base_ = '{CRF}'  # a word more\n")
    methods.train(config, 1)
    config.write_text(f"{header}_base_ = '{CRF}'\noptim_wrapper = dict(accumulative_counts=2)\n")
    with pytest.raises(InputError, match=r'crf_cluener_6e\.py: is not what it was when .* train anew with --again$'):
        methods.train(config, 1)
    methods.forget(config, 1)
    methods.train(config, 1)
    assert len(commands) == 2


def test_a_training_does_not_outlive_its_batch(monkeypatch, tmp_path):
    """SIGTERM to the process that waits for it; tools/train.py in its place sleeps."""
    config = ROOT / 'configs/bert_softmax/bert-tiny_softmax_sample_5e.py'
    script = ("import sys, methods; from pathlib import Path; methods.WORK_DIRS = Path(sys.argv.pop())\n"
              "methods.training_command = lambda _: ['-c', 'import time; print(\"up\", flush=True); time.sleep(60)']\n"
              "sys.exit(methods.main())")
    batch = subprocess.Popen([sys.executable, '-c', script, config, '--seeds', '7', tmp_path], stdout=subprocess.PIPE,
                             cwd=ROOT / 'benchmarks', text=True)
    while batch.stdout.readline() != 'up\n':
        pass
    batch.terminate()
    assert batch.wait(30) == 130
    assert batch.stdout.read() == ''        # at its end, so nobody holds the pipe any more


def test_seeds_that_train_beside_each_other_both_stand_in_the_results(commands, monkeypatch, tmp_path):
    train = methods.train

    def train_while_another_ends(config, seed, data_root):
        if seed == 1:
            methods.measure(config, 2, data_root)
        return train(config, seed, data_root)

    monkeypatch.setattr(methods, 'train', train_while_another_ends)
    methods.measure(CRF, 1)
    assert sorted(json.loads((tmp_path / f'results/{CRF.stem}.json').read_text())['runs']) == ['1', '2']


def test_a_run_that_is_forgotten_is_run_again(commands, tmp_path):
    file = tmp_path / f'results/{CRF.stem}.json'
    methods.forget(CRF, 1)                                  # there is nothing yet
    for seed in (1, 2):
        methods.measure(CRF, seed)
    methods.forget(CRF, 1)
    assert list(json.loads(file.read_text())['runs']) == ['2']
    methods.measure(CRF, 1)
    assert [tool for tool, _, _ in commands[4:]] == ['train.py', 'test.py']
    for seed in (1, 2):
        methods.forget(CRF, seed)
    assert not file.exists()


def test_other_data_have_results_of_their_own(commands, tmp_path):
    methods.measure(CRF, 2, Path('data/mine'))
    assert commands[0] == ('train.py', tmp_path / f'work_dirs/mine/{CRF.stem}/seed2', [
        'randomness.seed=2', *(f'{part}_dataloader.dataset.data_root=data/mine' for part in ('train', 'val', 'test'))])
    assert (tmp_path / f'results/mine/{CRF.stem}.json').is_file()


def test_teachers_are_trained_before_and_on_the_same_data(commands, tmp_path):
    config = ROOT / 'configs/techniques/e5-small_efficient_global_pointer_distillation_cluener_6e.py'
    teacher = tmp_path / 'work_dirs/mine/e5-small_efficient_global_pointer_ema_cluener_6e/seed42'
    methods.measure(config, 43, Path('data/mine'))
    first, second, _ = commands
    assert first[:2] == ('train.py', teacher) and 'train_dataloader.dataset.data_root=data/mine' in first[2]
    assert second[1:] == (teacher.parents[1] / config.stem / 'seed43', [
        'randomness.seed=43', *first[2][1:], f'model.objective.teachers.0.checkpoint={teacher}/epoch_6.pth'])
    shutil.rmtree(teacher)
    (tmp_path / f'results/mine/{config.stem}.json').unlink()
    methods.measure(config, 43, Path('data/mine'))          # the student is trained: only its test is left
    assert [tool for tool, _, _ in commands[3:]] == ['test.py']


def test_two_students_train_their_teacher_once(commands, monkeypatch, tmp_path):
    config = ROOT / 'configs/techniques/e5-small_efficient_global_pointer_distillation_cluener_6e.py'
    run = methods.subprocess.run
    monkeypatch.setattr(methods.subprocess, 'run', lambda *args, **options: time.sleep(0.1) or run(*args, **options))
    students = [threading.Thread(target=methods.train, args=(config, seed)) for seed in (43, 44)]
    for student in students:
        student.start()
    for student in students:
        student.join()
    assert sorted(work_dir.parent.name for _, work_dir, _ in commands) == [
        config.stem, config.stem, 'e5-small_efficient_global_pointer_ema_cluener_6e']


def test_a_checkpoint_that_was_chosen_is_tested(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(methods.subprocess, 'run',
                        lambda command, **_: commands.append(command) or subprocess.CompletedProcess(command, 0))
    (tmp_path / 'epoch_9.pth').touch()
    (tmp_path / 'best_span_f1_epoch_6.pth').touch()
    write_lines(tmp_path / 'test/run/run.json', [rates(0, 0.7)])
    config = ROOT / 'configs/techniques/e5-small_efficient_global_pointer_early-stopping_cluener_20e.py'
    assert methods.test(config, tmp_path, ['randomness.seed=1']) == dict(P=0.25, R=0.75, F1=0.7)
    assert commands[0][2:5] == [str(config), str(tmp_path / 'best_span_f1_epoch_6.pth'), '--amp']


@pytest.mark.parametrize(('config', 'message'), [
    (ROOT / 'configs/pretraining/e5-small_mlm_cluener_3e.py', r'mine/train\.json: no such file or folder;'),
    (CRF, r'mine/train\.json: no such file or folder; mmner prepare_dataset --list shows')])
def test_what_cannot_be_measured_is_not_forgotten(commands, tmp_path, monkeypatch, capsys, config, message):
    methods.measure(CRF, 42, Path('mine'))
    monkeypatch.setattr(sys, 'argv', ['methods.py', str(config), str(CRF), '--again', '--data-root', 'mine'])
    assert methods.main() == 1
    assert re.search(message, capsys.readouterr().err)
    assert (tmp_path / f'results/mine/{CRF.stem}.json').exists() and len(commands) == 2


def test_a_training_that_fails_ends_the_batch(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(methods, 'WORK_DIRS', tmp_path)
    monkeypatch.setattr(methods, 'RESULTS', tmp_path)
    monkeypatch.setattr(methods.subprocess, 'run', lambda command, **_: subprocess.CompletedProcess(command, 1))
    with pytest.raises(InputError, match=r'tools/train\.py .*crf_cluener_6e\.py ended with 1; what it said'):
        methods.measure(CRF, 42)


def write_lines(file: Path, lines: list[dict]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(''.join(json.dumps(line) + '\n' for line in lines))


@pytest.mark.parametrize('config', [
    'configs/bert_softmax/e5-small_softmax_cluener_6e.py',
    'configs/techniques/e5-small_efficient_global_pointer_lexicon-lstm_ema_distillation_cluener_6e.py'])
def test_the_command_is_that_of_the_config(config):
    assert methods.training_command(ROOT / config) == ['tools/train.py', config, '--amp']
