import errno
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mmner.apis.model_source import find_model
from mmner.cli.export import main, read_test_set
from tests.runs import forked_tool, tool


@pytest.fixture
def model(small_model, tmp_path_factory):
    """A config whose test set are the 60 sentences that the small run learned, and `--weights` with its checkpoint."""
    for package in ('onnx', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(package)
    config = tmp_path_factory.mktemp('config') / 'learned.py'
    config.write_text(f'_base_ = {str(small_model.parent / "small.py")!r}\n'
                      "test_dataloader = dict(dataset=dict(ann_file='train.json'))\n")
    return config, '--weights', small_model / 'epoch_30.pth'


def test_export_is_held_against_the_model_and_runs(model, small_model, tmp_path):
    done = tool('export.py', *model, tmp_path / 'out', '--int8', '--int8-tolerance', '0.2')
    assert done.returncode == 0, done.stderr
    rows = re.findall(r'\| (PyTorch|ONNX) (\w+) +\| ([01]\.\d{4}) \| ([+-]0\.\d{4}) \|', done.stdout)
    assert [row[:2] for row in rows] == [('PyTorch', 'float32'), ('ONNX', 'float32'), ('ONNX', 'int8')]
    assert rows[0][2] == rows[1][2] and float(rows[0][2]) > 0.9
    assert 'ONNX float32: the same entities as PyTorch float32 in all 60 texts' in done.stdout
    assert {file.name for file in (tmp_path / 'out').iterdir()} == {
        'model.onnx', 'model_int8.onnx', 'tokenizer.model', 'config.json', 'predict.py', 'text_to_tokens.py',
        'values_to_entities.py'}
    line = (small_model.parent / 'train.json').read_text(encoding='utf8').splitlines()[0]
    for file in ('model.onnx', 'model_int8.onnx'):
        found = subprocess.run([sys.executable, tmp_path / 'out/predict.py', json.loads(line)['text'], '--model', file],
                               capture_output=True, text=True, check=True)
        assert json.loads(found.stdout)['entities']
    if Path('/dev/full').exists():
        with open('/dev/full', 'w') as full:
            done = subprocess.run([sys.executable, tmp_path / 'out/predict.py', 'a'], stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (1, 'error: [Errno 28] No space left on device\n')


def test_damaged_model_is_refused(model, tmp_path, monkeypatch, capsys):
    import onnx

    from mmner.export import folder
    write = folder.write_onnx

    def write_damaged(trained, file):
        write(trained, file)
        damaged = onnx.load(file)
        weight = next(item for item in damaged.graph.initializer if item.name.endswith('classifier.bias'))
        weight.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weight)[::-1] * 50, weight.name))
        onnx.save(damaged, file)

    monkeypatch.setattr(folder, 'write_onnx', write_damaged)
    assert main([*map(str, model), str(tmp_path / 'out')]) == 1
    streams = capsys.readouterr()
    assert 'beyond the tolerance' in streams.err and len(streams.err.strip().splitlines()) == 1
    assert 'of 60 texts differ' in streams.out and not list(tmp_path.iterdir())


def test_full_disk_is_told(model, tmp_path, monkeypatch, capsys):
    def write_onnx(trained, file):
        raise OSError(errno.ENOSPC, 'No space left on device')

    from mmner.export import folder
    monkeypatch.setattr(folder, 'write_onnx', write_onnx)
    assert main([*map(str, model), str(tmp_path / 'out')]) == 1
    assert capsys.readouterr().err == (
        f'error: {tmp_path}/out: No space left on device; give another path, or see to its permissions and to room on '
        'the disk\n')
    assert not list(tmp_path.iterdir())


@pytest.fixture
def with_test_set(small_model, tmp_path):
    """The small model's config with changes of its test dataset, a Python expression, and the weights."""
    def write(changes: str):
        config = tmp_path / 'changed.py'
        config.write_text(f'_base_ = {str(small_model.parent / "small.py")!r}\n'
                          f'test_dataloader = dict(dataset=dict({changes}))\n')
        return config, small_model / 'epoch_30.pth'
    return write


def test_what_is_repaired_in_the_test_set_is_told(with_test_set, tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr('mmner.datasets.ner_dataset.print_log', lambda line, **_: logged.append(line))
    (tmp_path / 'gold.jsonl').write_text('{"text": "a"}\n')
    source = find_model(*with_test_set(f'data_root={str(tmp_path)!r}, ann_file="gold.jsonl", '
                                       'reader=dict(type="JsonLinesReader")'))
    assert read_test_set(source) == (['a'], [[]])
    assert logged[0].startswith(f'{tmp_path}/gold.jsonl: 1 x line without "entities" (a text without ')


def test_the_test_set_of_a_fold_is_what_it_holds_out(with_test_set):
    source = find_model(*with_test_set('type="HeldOutFold", fold=0, num_folds=3, seed=0'))
    texts, gold = read_test_set(source)
    assert len(texts) == len(gold) == 7


@pytest.mark.parametrize(('changes', 'message'), [
    ('data_root=None, ann_file="absent.json"', 'absent.json: No such file'),
    ('reader=dict(type="NoReader")', 'NoReader is not in the'),
    ('_delete_=True, pipeline=_base_.pipeline, categories=_base_.categories',
     'changed.py: test_dataloader.dataset reads no annotation file')])
def test_mistakes_in_the_test_set_are_one_line(with_test_set, tmp_path, capsys, changes, message):
    config, weights = with_test_set(changes)
    assert main([str(config), '--weights', str(weights), str(tmp_path / 'out')]) == 1
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1


def test_units_that_are_words(with_test_set, tmp_path, monkeypatch, capsys):
    """Who is told to train anew has heard before what else of the model has no export."""
    (tmp_path / 'words.jsonl').write_text('{"text": "ab", "unit_offsets": [[0, 2]], "entities": []}')
    words = f'data_root={str(tmp_path)!r}, ann_file="words.jsonl", reader=dict(_delete_=True, type="JsonLinesReader")'
    for changes, message in ((words, 'changed.py: the test set comes in words; models'), (
            'pipeline=[dict(type="SplitWords"), *_base_.pipeline]', 'SplitWords, Tokenize, PackNERInputs; models')):
        config, weights = with_test_set(changes)
        assert main([str(config), '--weights', str(weights), str(tmp_path / 'out')]) == 1
        assert f'{message} whose units are words cannot be exported: train with ' in capsys.readouterr().err
    monkeypatch.setattr('mmner.export.description.DECODERS', {})
    assert main([str(config), '--weights', str(weights), str(tmp_path / 'out')]) == 1
    assert 'SoftmaxDecoder has no export; ' in capsys.readouterr().err


def test_existing_folder_is_kept(small_model, tmp_path):
    """The model is a work dir, whose last checkpoint is meant."""
    (tmp_path / 'mine').touch()
    done = forked_tool('export.py', small_model, tmp_path)
    assert done.returncode == 1 and done.stderr.startswith('error: ') and 'exists' in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ['mine']
