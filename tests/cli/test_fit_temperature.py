import json
import re
import shutil
from argparse import ArgumentParser

import numpy as np
import pytest
import torch

from mmner.apis import NERInferencer
from mmner.cli.fit_temperature import add_arguments, main
from mmner.cli.running import read_arguments
from mmner.datasets import CLUENERReader
from mmner.models.weights import read_checkpoint
from mmner.structures.temperature import at_temperature
from tests.runs import ROOT, forked_tool, tool


@pytest.fixture(scope='module')
def fitted(small_model, tmp_path_factory):
    """The small model's config, a checkpoint with the temperature fitted on its 21 validation texts, what was printed.

    So few texts are too few, but the model is often wrong on them.
    """
    out = tmp_path_factory.mktemp('fitted') / 'new/calibrated.pth'
    config = small_model.parent / 'small.py'
    done = tool('analysis_tools/fit_temperature.py', config, small_model / 'epoch_30.pth', '--out', out, '--work-dir',
                out.parents[1] / 'logs')
    assert done.returncode == 0, done.stderr
    return config, out, done.stdout


def predictions(config, checkpoint) -> list:
    records = list(CLUENERReader()(config.with_name('dev.json')))
    found = NERInferencer(config, checkpoint, device='cpu')([record['text'] for record in records])
    gold = [{entity.span for entity in record['entities']} for record in records]
    return [(entity.span, entity.score, entity.span in spans)
            for prediction, spans in zip(found, gold, strict=True) for entity in prediction.entities]


def equal(ours, theirs) -> bool:
    """Whether two values of a checkpoint are the same to the last bit."""
    if isinstance(ours, torch.Tensor):
        return ours.dtype == theirs.dtype and torch.equal(ours, theirs)
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(equal(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, (list, tuple)):
        return len(ours) == len(theirs) and all(map(equal, ours, theirs))
    if type(ours).__name__ == 'HistoryBuffer':
        return all(map(np.array_equal, ours.data, theirs.data))
    return type(ours) is type(theirs) and bool(np.all(ours == theirs))


def test_the_temperature_is_the_likeliest_and_reaches_every_prediction(fitted, small_model):
    config, out, printed = fitted
    spans, *columns = zip(*predictions(config, small_model / 'epoch_30.pth'), strict=True)
    scores, correct = map(np.array, columns)
    temperature = read_checkpoint(out)['temperature']
    tried = np.geomspace(temperature / 2, temperature * 2, 2001)
    likelihood = [np.log(np.where(correct, found, 1 - found)).sum()
                  for found in (at_temperature(scores, each) for each in tried)]
    assert temperature == pytest.approx(tried[np.argmax(likelihood)], rel=1e-3) and abs(temperature - 1) > 0.05
    assert f'{len(scores)} entities, {correct.sum()} of them correct\n' in printed
    assert re.search(rf'error 0\.\d+, at temperature {temperature:.4f} 0\.\d+\nwritten to {out}\n$', printed)
    after = predictions(config, out)
    assert tuple(span for span, _, _ in after) == spans
    assert [score for _, score, _ in after] == pytest.approx(at_temperature(scores, temperature).tolist())


def test_everything_else_in_the_checkpoint_stays(fitted, small_model):
    _, out, _ = fitted
    before, after = read_checkpoint(small_model / 'epoch_30.pth'), read_checkpoint(out)
    assert 'temperature' not in before and before['optimizer']['state']
    assert after.keys() - before.keys() == {'temperature'}
    assert equal(before, {key: after[key] for key in before})
    assert [file.name for file in out.parent.iterdir()] == [out.name]


def test_in_place_twice_is_the_same_and_f1_stays(fitted, small_model, tmp_path):
    config, out, _ = fitted
    checkpoint = tmp_path / 'a.pth'
    shutil.copy(out, checkpoint)
    assert main([str(config), str(checkpoint), '--work-dir', str(tmp_path / 'logs')]) == 0
    assert equal(read_checkpoint(checkpoint), read_checkpoint(out))
    tables = [re.findall(r'^\|.*', forked_tool(
        'test.py', config, file, '--work-dir', tmp_path / 'logs').stdout, re.M) for file in (
            small_model / 'epoch_30.pth', checkpoint)]
    assert tables[0] == tables[1] and len(tables[0]) == 13


def test_a_run_that_goes_on_writes_no_temperature(fitted, tmp_path):
    """Also where weights are averaged, and where the averages begin with this run."""
    config, out, _ = fitted
    averaged = tmp_path / 'averaged.py'
    averaged.write_text(f"_base_ = {str(config)!r}\ncustom_hooks = [dict(type='EMAHook', momentum=0.1)]\n"
                        'train_cfg = dict(max_epochs=32)\n')
    run = tmp_path / 'run'
    run.mkdir()
    shutil.copy(out, run / 'epoch_30.pth')
    for epoch in (31, 32):
        done = forked_tool(
            'train.py', averaged, '--work-dir', run, '--resume', '--cfg-options', f'train_cfg.max_epochs={epoch}',
            'train_cfg.val_interval=1', 'default_hooks.checkpoint.interval=1')
        assert done.returncode == 0, done.stderr
        written = read_checkpoint(run / f'epoch_{epoch}.pth')
        assert 'temperature' not in written and 'ema_state_dict' in written
        if epoch == 31:
            assert main([str(averaged), str(run / 'epoch_31.pth'), '--work-dir', str(tmp_path / 'logs')]) == 0
            assert 'ema_state_dict' in read_checkpoint(run / 'epoch_31.pth')


def unlabelled(config) -> None:
    records = CLUENERReader()(config.with_name('dev.json'))
    config.with_name('unlabelled.json').write_text(
        '\n'.join(json.dumps(dict(text=record['text'], label={})) for record in records))


def test_mistakes_leave_the_checkpoint_as_it_is(fitted, small_model, tmp_path, capsys):
    config, _, _ = fitted
    checkpoint = tmp_path / 'a.pth'
    shutil.copy(small_model / 'epoch_30.pth', checkpoint)
    before = checkpoint.read_bytes()
    unlabelled(config)
    (tmp_path / 'none.py').write_text(f'_base_ = {str(config)!r}\nval_dataloader = val_evaluator = val_cfg = None\n')
    torch.save([1], tmp_path / 'file')
    for arguments, reason in (
            ([config, checkpoint, '--cfg-options', 'val_dataloader.dataset.ann_file=unlabelled.json'],
             r'val_dataloader of \S+small.py: of \d+ entities found 0 are correct, to which no temperature '),
            ([tmp_path / 'none.py', checkpoint], r'none.py: has no val_dataloader; name there the texts'),
            ([ROOT / 'configs/pretraining/bert-tiny_mlm_sample_3e.py', checkpoint], 'its samples have no entities, '),
            ([config, tmp_path / 'typo/b.pth'], r'b.pth: no such checkpoint'),
            ([config, tmp_path / 'file'], r'file: holds no state dict'),
            ([config, checkpoint, '--out', config], r'small.py: is read by this command; give another name'),
            ([config, checkpoint, '--out', config.with_name('dev.json')], r'dev.json: is read by this command; give'),
            ([config, checkpoint, '--out', tmp_path / 'A.SAFETENSORS'], r'tensors alone; give --out FILE.pth'),
            ([tmp_path / 'none.py', checkpoint, '--out', tmp_path / 'file/a.pth'],      # without a model built
             r'^error: --out \S+/file/a.pth: File exists; give another file$')):
        assert main([*map(str, arguments), '--work-dir', str(tmp_path / 'logs')]) == 1
        line, = (line for line in capsys.readouterr().err.splitlines() if line.startswith('error: '))
        assert re.search(reason, line), line
        assert checkpoint.read_bytes() == before
        assert {file.name for file in tmp_path.iterdir()} <= {'a.pth', 'none.py', 'file', 'logs'}


def test_help_says_which_texts():
    done = tool('analysis_tools/fit_temperature.py', '--help')
    said = ' '.join(done.stdout.split())
    assert done.returncode == 0 and 'the model was not trained on' in said and '--amp' in said
    assert 'example: python tools/analysis_tools/fit_temperature.py configs/' in said


def test_the_command_of_the_page():
    page = (ROOT / 'docs/evaluate.md').read_text(encoding='utf8')
    command, = re.findall('^python tools/analysis_tools/fit_temperature.py (.*)$', page, re.M)
    parser = ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(command.split())
    assert args.out and args.amp
    dataset = read_arguments(args).val_dataloader.dataset
    assert (dataset.data_root, dataset.ann_file) == ('data/cluener_heldout', 'dev.json')
