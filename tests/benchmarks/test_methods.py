"""What is run and read, with trainings that only log; the tables against the results."""
import json
import re
import statistics
import sys
from pathlib import Path

import pytest
import yaml

from tests.runs import ROOT

sys.path.insert(0, str(ROOT / 'benchmarks'))
import method_tables  # noqa: E402
import methods  # noqa: E402

MODELS = [(metafile, model) for metafile in method_tables.metafiles()
          for model in yaml.safe_load(metafile.read_text(encoding='utf8'))['Models']]


@pytest.mark.parametrize('metafile, model', MODELS, ids=lambda value: value['Name'] if isinstance(value, dict) else '')
def test_results_metafile_and_tables_agree(metafile, model):
    file = method_tables.RESULTS / f'{model["Name"]}.json'
    metrics = model['Results'][0].get('Metrics')
    assert file.exists() == (metrics is not None)
    if metrics:
        runs = json.loads(file.read_text(encoding='utf8'))['runs'].values()
        for key in ('P', 'R', 'F1'):
            assert metrics[key] == pytest.approx(sum(run[key] for run in runs) / len(runs), abs=6e-5)
        assert metrics['seeds'] == len(runs)
        assert metrics.get('std') == (None if len(runs) == 1 else pytest.approx(
            statistics.stdev(run['F1'] for run in runs), abs=6e-5))
    rates = metrics or model['Results'][0].get('Published')
    expected = [f'{rates[key]:.4f}' for key in ('P', 'R', 'F1')] if rates else [''] * 3
    for page in (metafile.with_name('README.md'), *([ROOT / 'README.md'] if rates else [])):
        (line,) = re.findall(rf'^\| \[{re.escape(model["Name"])}\].*$', page.read_text(encoding='utf8'), re.M)
        assert [cell.strip().split(' ')[0] for cell in line.split('|')[3:6]] == expected
        target = re.search(r'\]\((.*?)\)', line)[1]
        assert (page.parent / target).is_file()


def test_what_was_chosen_by_stands_on_the_page():
    page = (ROOT / 'configs/techniques/README.md').read_text(encoding='utf8')
    files = list(method_tables.HELD_OUT.glob('*.json'))
    assert files
    for file in files:
        rows = re.findall(rf'^\| {re.escape(file.stem)} \|.*$', page, re.M)
        runs = json.loads(file.read_text(encoding='utf8'))['runs'].values()
        assert [row.split('|')[4].strip() for row in rows] == [f'{run["F1"]:.4f}' for run in runs]


def rates(epoch: int, f1: float) -> dict:
    return {'step': epoch, 'span/precision': 0.25, 'span/recall': 0.75, 'span/f1': f1}


def test_an_interrupted_run_is_read_as_one(tmp_path):
    """The second part begins again with the second epoch, of which the first had logged some steps."""
    parts = dict(first=[dict(iter=100, time=0.5), rates(1, 0.5), dict(iter=200, time=0.9)],
                 second=[dict(iter=200, time=0.7), rates(2, 0.6)])
    for name, lines in parts.items():
        write_lines(tmp_path / name / 'vis_data/scalars.json', lines)
    assert methods.read_log(tmp_path) == dict(
        minutes=2.0, epochs=[dict(P=0.25, R=0.75, F1=0.5), dict(P=0.25, R=0.75, F1=0.6)])


def test_what_is_finished_or_in_the_results_is_not_run_again(monkeypatch, tmp_path):
    """With a `train.py` that only logs, and a `test.py` that finds other rates than validation."""
    trained, tested = [], []

    def run(command, **_):
        work_dir = Path(command[command.index('--work-dir') + 1])
        if 'tools/train.py' in command:
            trained.append(command[command.index('--cfg-options') + 1:])
            write_lines(work_dir / 'run/vis_data/scalars.json', [dict(iter=10, time=6), rates(1, 0.5)])
            (work_dir / 'epoch_1.pth').touch()
        else:
            tested.append(command[3])
            write_lines(work_dir / 'run/run.json', [rates(0, len(tested) / 10)])

    monkeypatch.setattr(methods, 'WORK_DIRS', tmp_path / 'work_dirs')
    monkeypatch.setattr(methods, 'RESULTS', tmp_path / 'results')
    monkeypatch.setattr(methods.subprocess, 'run', run)
    monkeypatch.setattr(methods.machine, 'describe', lambda device: dict(processor=device))
    config = ROOT / 'configs/bert_crf/e5-small_crf_cluener_6e.py'
    for seed in (1, 2, 1):
        methods.measure(config, seed)
    assert trained == [['randomness.seed=1'], ['randomness.seed=2']]
    assert tested == [str(tmp_path / f'work_dirs/{config.stem}/seed{seed}/epoch_1.pth') for seed in (1, 2)]
    (tmp_path / f'results/{config.stem}.json').unlink()
    methods.measure(config, 2)
    assert len(trained) == 2
    result = json.loads((tmp_path / f'results/{config.stem}.json').read_text())['runs']['2']
    assert (result['F1'], result['minutes'], result['epochs'][0]['F1']) == (0.3, 1, 0.5)
    methods.measure(config, 2, Path('data/mine'))
    assert trained[-1] == ['randomness.seed=2', *(f'{part}_dataloader.dataset.data_root=data/mine'
                                                  for part in ('train', 'val', 'test'))]
    assert (tmp_path / f'results/mine/{config.stem}.json').is_file()


def test_teachers_of_other_data_were_trained_on_it():
    config = ROOT / 'configs/techniques/e5-small_efficient_global_pointer_distillation_cluener_6e.py'
    *_, option = methods.options_of_data(config, Path('data/mine'))
    assert option == ('model.objective.teachers.0.checkpoint=' + str(
        ROOT / 'work_dirs/methods/mine/e5-small_efficient_global_pointer_ema_cluener_6e/seed42/epoch_6.pth'))


def test_a_checkpoint_that_was_chosen_is_tested(monkeypatch, tmp_path):
    commands = []
    monkeypatch.setattr(methods.subprocess, 'run', lambda command, **_: commands.append(command))
    (tmp_path / 'epoch_9.pth').touch()
    (tmp_path / 'best_span_f1_epoch_6.pth').touch()
    write_lines(tmp_path / 'test/run/run.json', [rates(0, 0.7)])
    config = ROOT / 'configs/techniques/e5-small_efficient_global_pointer_early-stopping_cluener_20e.py'
    assert methods.test(config, tmp_path, ['randomness.seed=1']) == dict(P=0.25, R=0.75, F1=0.7)
    assert commands[0][2:5] == [str(config), str(tmp_path / 'best_span_f1_epoch_6.pth'), '--amp']


def write_lines(file: Path, lines: list[dict]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(''.join(json.dumps(line) + '\n' for line in lines))


def test_the_command_is_that_of_the_config():
    config = ROOT / 'configs/bert_softmax/e5-small_softmax_cluener_6e.py'
    assert methods.training_command(config) == [
        'tools/train.py', 'configs/bert_softmax/e5-small_softmax_cluener_6e.py', '--amp']
