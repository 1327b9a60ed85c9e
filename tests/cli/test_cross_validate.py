import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config

from mmner.cli import cross_validate
from mmner.datasets.folds import fold_numbers
from tests.runs import ROOT, forked_command, forked_tool, tool, write_config
from tests.serving.servers import wait_for

RATES = ('precision', 'recall', 'f1')
QUICK = dict(train_cfg='dict(max_epochs=10, val_interval=5)', optim_wrapper='dict(optimizer=dict(lr=5e-3))',
             param_scheduler='[]',
             default_hooks="dict(checkpoint=dict(interval=5, save_best='span/f1', rule='greater'))")


@pytest.fixture
def validate(tmp_path, capsys, monkeypatch):
    """Run the command in this process with two folds; its status and the last line on stderr."""
    monkeypatch.setenv('MMNER_TRACEBACK', '0')

    def validate(*arguments) -> tuple[int, str]:
        status = cross_validate.main([*map(str, arguments), '--work-dir', str(tmp_path / 'run')])
        return status, (capsys.readouterr().err.splitlines() or [''])[-1]

    return validate


@pytest.fixture
def started(monkeypatch) -> list[tuple]:
    """What the command starts: (command, name of the config, further arguments); none of it runs."""
    commands = []

    def run(command, **_):
        _, dash, module, name, config, *arguments = command
        assert (dash, module) == ('-m', 'mmner.cli.main')
        commands.append((name, Path(config).name, *arguments))
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(cross_validate.subprocess, 'run', run)
    return commands


def read_json(file: Path) -> dict:
    return json.loads(file.read_text(encoding='utf8'))


def scores(gold: list[set], predicted: list[set]) -> list[float]:
    """Precision, recall and F1, counted anew."""
    correct = sum(len(left & right) for left, right in zip(gold, predicted, strict=True))
    found, present = sum(map(len, predicted)), sum(map(len, gold))
    return [correct / found, correct / present, 2 * correct / (found + present)]


def gold_entities(file: Path) -> dict[str, set]:
    """Text to entities of a file in CLUENER's format, in its order."""
    return {record['text']: {(label, start, end + 1) for label, strings in record['label'].items()
                             for spans in strings.values() for start, end in spans}
            for record in map(json.loads, file.read_text(encoding='utf8').splitlines())}


def predicted_entities(file: Path) -> dict[str, set]:
    return {record['text']: {(row['label'], row['start'], row['end']) for row in record['entities']}
            for record in map(json.loads, file.read_text(encoding='utf8').splitlines())}


def test_two_folds_with_an_interruption(tmp_path, validate, monkeypatch, capsys):
    """The second fold's training is interrupted after half of it; the same command goes on from there."""
    config, run_dir, commands = write_config(tmp_path, **QUICK), tmp_path / 'run', []

    def run(command):
        name, file, *arguments = command[3:]
        commands.append((name, Path(file).name, *map(str, arguments)))
        if len(commands) == 3:
            half = ('train_cfg.max_epochs=5', 'train_cfg.val_interval=5')
            assert forked_tool('train.py', file, *arguments, '--cfg-options', *half).returncode == 0
            raise KeyboardInterrupt
        return forked_command(*command[3:])

    monkeypatch.setattr(cross_validate.subprocess, 'run', run)
    assert validate(config, '--folds', 2) == (130, 'error: interrupted')
    assert not (run_dir / 'cross_validation.json').exists()
    assert validate(config, '--folds', 2)[0] == 0
    assert [command[:2] for command in commands] == [
        ('train', 'fold0.py'), ('test', 'fold0.py'), ('train', 'fold1.py'), ('train', 'fold1.py'), ('test', 'fold1.py')]
    assert commands[2] == commands[3] and commands[2][-1] == '--resume'
    assert '/best_span_f1_epoch_' in commands[1][2]

    gold, parts = gold_entities(tmp_path / 'train.json'), []
    for fold in ('fold0', 'fold1'):
        rates, predicted = read_json(run_dir / fold / 'rates.json'), predicted_entities(
            run_dir / fold / 'predictions.jsonl')
        assert list(rates.values()) == pytest.approx(scores([gold[text] for text in predicted], predicted.values()))
        lines = [json.loads(line) for file in run_dir.glob(f'{fold}/*/vis_data/scalars.json')
                 for line in file.read_text(encoding='utf8').splitlines()]
        validations = [line['span/f1'] for line in lines if 'span/f1' in line]
        assert len(validations) == 2 and rates['f1'] == max(validations) > 0
        parts.append(list(predicted))
    assert not set(parts[0]) & set(parts[1]) and set(parts[0] + parts[1]) == set(gold) and len(parts[0]) == 30
    assert list(predicted_entities(run_dir / 'predictions.jsonl')) == list(gold), 'in the order of the file'

    summary = read_json(run_dir / 'cross_validation.json')
    assert (summary['num_folds'], summary['seed']) == (2, 0)
    table = np.array([[read_json(run_dir / f'fold{fold}/rates.json')[name] for name in RATES] for fold in range(2)])
    assert [list(rates.values()) for rates in summary['folds']] == table.tolist()
    assert list(summary['mean'].values()) == pytest.approx(table.mean(axis=0))
    assert list(summary['standard_deviation'].values()) == pytest.approx(table.std(axis=0, ddof=1))
    status = cross_validate.main([str(config), '--folds', '2', '--work-dir', str(run_dir)])
    assert status == 0 and len(commands) == 5, 'nothing is left to do'
    assert capsys.readouterr().out.startswith(
        f'fold0, fold1: trained and tested before; to measure anew, remove {run_dir}\n')


def test_predictions_of_copies_are_put_in_the_order_of_the_texts(tmp_path):
    texts = list('abacdbbda')
    numbers = fold_numbers(texts, num_folds=2, seed=0)
    files = [tmp_path / 'fold0', tmp_path / 'fold1']
    for fold, file in enumerate(files):
        file.write_text(''.join(f'{text}{place}\n' for place, text in enumerate(texts) if numbers[place] == fold))
    cross_validate.join_predictions(files, texts, 0, tmp_path / 'all')
    assert (tmp_path / 'all').read_text().split() == [f'{text}{place}' for place, text in enumerate(texts)]


def test_terminated_it_takes_its_training_with_it(tmp_path):
    config = write_config(tmp_path, train_cfg='dict(max_epochs=1000)')
    command = [sys.executable, 'tools/cross_validate.py', config, '--work-dir', tmp_path / 'run']
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: list(tmp_path.glob('run/fold0/*/vis_data/scalars.json')), seconds=60)
        process.terminate()
        _, errors = process.communicate(timeout=60)     # at the end of a stream that the training has inherited
    assert (process.returncode, errors.splitlines()[-1]) == (130, 'error: interrupted')


def test_a_fold_is_the_config_with_other_data(tmp_path, validate, started, monkeypatch):
    """Also of a config that trains on a part of its file and has an augmentation in its training pipeline."""
    monkeypatch.setattr('mmner.cli.running.gains_by_bfloat16', lambda: True)
    config = write_config(tmp_path, train_dataloader='dict(dataset=dict(indices=30, pipeline=_base_.pipeline[:1]))')
    assert validate(config, '--folds', 3, '--seed', 7, '--amp', '--cfg-options', 'train_cfg.max_epochs=9')[0] == 1
    original, written = Config.fromfile(config), Config.fromfile(tmp_path / 'run/fold2.py')
    train = original.train_dataloader.dataset
    fold = dict(fold=2, num_folds=3, seed=7)
    assert written.train_dataloader.dataset == dict(train, type='TrainingFolds', **fold)
    assert written.val_dataloader.dataset == written.test_dataloader.dataset == dict(
        train, type='HeldOutFold', pipeline=original.val_dataloader.dataset.pipeline, test_mode=True, **fold)
    assert len(train.pipeline) == 1 and len(original.val_dataloader.dataset.pipeline) == 2
    assert (written.model.precision, written.train_cfg.max_epochs) == ('bfloat16', 9)
    for value in (original, written):
        value.model.precision, value.train_cfg.max_epochs = '', 0
        for split in ('train', 'val', 'test'):
            del value[f'{split}_dataloader']['dataset']
    assert written.to_dict() == original.to_dict()
    assert started == [('train', 'fold0.py', '--work-dir', tmp_path / 'run/fold0', '--resume')]


def test_another_cross_validation_in_the_work_dir_is_refused(tmp_path, validate, started):
    config, run_dir = write_config(tmp_path), tmp_path / 'run'
    for options in (['--seed', 1], []):
        status, line = validate(config, '--folds', 2, *options)
        assert status == 1 and 'its train ended with status 1' in line, 'nothing was trained yet'
    assert Config.fromfile(run_dir / 'fold0.py').train_dataloader.dataset.seed == 0
    (run_dir / 'fold1').mkdir()
    (run_dir / 'fold1/epoch_1.pth').touch()
    content = {file: file.read_bytes() for file in run_dir.rglob('*.py')}

    def refused(*arguments) -> bool:
        status, line = validate(config, '--folds', 2, *arguments)
        assert len(started) == 2 and {file: file.read_bytes() for file in run_dir.rglob('*.py')} == content
        return status == 1 and line.startswith(f'error: {run_dir}: holds folds of another config, option, ')

    for arguments in (['--folds', 3], ['--seed', 1], ['--cfg-options', 'train_cfg.max_epochs=2']):
        assert refused(*arguments), arguments
    train = tmp_path / 'train.json'
    train.write_text(train.read_text(encoding='utf8').replace('王', '李'), encoding='utf8')
    assert refused(), 'its data have changed'


def test_a_folder_of_brat(tmp_path, validate, started):
    """It may have a text without annotation; a changed annotation is another training file."""
    (tmp_path / 'brat').mkdir()
    for name, content in {'1.txt': '北京', '1.ann': 'T1\tname 0 2\t北京\n', '2.txt': '好'}.items():
        (tmp_path / 'brat' / name).write_text(content, encoding='utf8')
    config = write_config(tmp_path, train_dataloader=f"dict(dataset=dict(data_root={str(tmp_path)!r}, ann_file='brat', "
                                                     "reader=dict(_delete_=True, type='BratReader')))")
    assert 'its train ended with status 1' in validate(config, '--folds', 2)[1]
    (tmp_path / 'run/fold0').mkdir()
    (tmp_path / 'run/fold0/epoch_1.pth').touch()
    assert 'its train ended with status 1' in validate(config, '--folds', 2)[1]
    (tmp_path / 'brat/1.ann').write_text('T1\tscene 0 2\t北京\n', encoding='utf8')
    assert 'holds folds of another config' in validate(config, '--folds', 2)[1] and len(started) == 2


@pytest.mark.parametrize(('changes', 'arguments', 'expected'), [
    ({}, ['--folds', 1], '--folds 1: it takes two to hold one out'),
    ({}, ['--cfg-options', 'epochs=3'], "--cfg-options epochs: the config has no 'epochs' at the top"),
    (dict(train_dataloader="dict(dataset=dict(type='ConcatDataset'))"), [], 'train_dataloader.dataset is Concat'),
    (dict(val_dataloader="dict(dataset=dict(type='ConcatDataset'))"), [], 'val_dataloader.dataset is Concat'),
    (dict(model="dict(decoder=dict(type='PartialCRFDecoder'))"), [], 'PartialCRFDecoder learns from texts annotated'),
    (dict(model="dict(objective=dict(type='Distillation', teachers=[dict(config='a', checkpoint='b')]))"), [],
     'small.py: its teachers were trained on the texts that a fold holds out; leave out `model.objective`'),
    (dict(model='None'), ['--amp'], 'small.py: has no model; give a config with one'),
    (dict(train_dataloader='dict(dataset=dict(reader=None))'), [], 'small.py: cfg should be a dict'),
    (dict(test_evaluator="dict(type='DumpPredictions', _delete_=True, file='x')"), [], 'test_evaluator has no SpanF1'),
    (dict(train_dataloader="dict(dataset=dict(ann_file='absent.json'))"), [], 'absent.json: No such file or directory'),
])
def test_mistakes(tmp_path, validate, started, changes, arguments, expected):
    status, line = validate(write_config(tmp_path, **changes), *arguments)
    assert status == 1 and line.startswith('error: ') and expected in line
    assert not started and not (tmp_path / 'run').exists()


@pytest.mark.parametrize('evaluator', [
    dict(type='SpanF1Metric', prefix='mine'), [dict(type='DumpPredictions'), dict(type='SpanF1Metric', prefix='mine')],
    dict(type='Evaluator', metrics=[dict(type='SpanF1Metric', prefix='mine')]),
    dict(type='mmner.evaluation.SpanF1Metric', prefix='mine')])
def test_the_metric_is_found_however_it_is_written(evaluator):
    assert cross_validate.span_prefix(Config(dict(test_evaluator=evaluator)), 'name') == 'mine'


def test_a_fold_whose_checkpoint_is_gone(tmp_path, validate, started):
    config = write_config(tmp_path)
    validate(config)                    # writes the configs of the folds
    (tmp_path / 'run/fold0').mkdir()
    (tmp_path / 'run/fold0/finished').touch()
    status, line = validate(config)
    assert status == 1 and line.startswith(f'error: {tmp_path}/run/fold0: this folder holds no checkpoint')


def test_a_work_dir_that_cannot_be_made(tmp_path, validate, started):
    (tmp_path / 'run').touch()
    status, line = validate(write_config(tmp_path))
    assert status == 1 and line.startswith(f'error: {tmp_path}/run: File exists; give another path')


def test_the_tool():
    done = tool('cross_validate.py', '--help')
    assert done.returncode == 0 and 'example: python tools/cross_validate.py configs/' in done.stdout
    assert (ROOT / 'tools/cross_validate.py').is_file()
