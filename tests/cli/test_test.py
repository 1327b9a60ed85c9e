import json
import re

import pytest
from mmengine.config import Config

from mmner.cli.test import dump_to
from tests.runs import ROOT, forked_tool, tool


def run_legacy(shared, tmp_path, *options):
    """A whole model of MMOCR 0.6.3 through the published config and `tools/test.py`."""
    golden = shared / 'golden/mmocr_063'
    return forked_tool(
        'test.py', 'configs/bert_softmax/bert_softmax_cluener_18e.py', golden / 'bert_softmax_legacy.pth',
        '--work-dir', tmp_path, '--dump', tmp_path / 'predictions.jsonl', *options, '--cfg-options',
        'model.encoder.hidden_size=16', 'model.encoder.num_layers=2', 'model.encoder.num_heads=2',
        'model.encoder.intermediate_size=32', 'model.decoder.hidden_size=16',
        f'test_dataloader.dataset.pipeline.0.tokenizer.vocab_file={shared}/vocab/bert-base-chinese/vocab.txt',
        f'test_dataloader.dataset.data_root={golden}', 'test_dataloader.dataset.ann_file=texts.jsonl')


def test_int8_is_compared(shared, tmp_path):
    done = run_legacy(shared, tmp_path, '--int8')
    assert done.returncode == 0, done.stderr
    full, again = (float(value) for value in re.findall(r'span/f1: (\S+)', done.stdout))
    assert f'span/f1 in int8 {again:.4f}, in float32 {full:.4f}: {again - full:+.4f}' in done.stdout
    assert abs(again - full) < 0.1


def test_legacy_checkpoint_gives_the_metrics_of_mmocr(shared, tmp_path):
    done = run_legacy(shared, tmp_path)
    assert done.returncode == 0, done.stderr
    expected = json.loads((shared / 'golden/mmocr_063/expected.json').read_text())
    found = dict(re.findall(r'span/(\S+): (\S+)', done.stdout))
    for category, rates in expected['metrics'].items():
        for name, value in rates.items():
            key = name.replace('f1-score', 'f1') if category == 'all' else f'{category}/{name.replace("-score", "")}'
            assert float(found[key]) == pytest.approx(value, abs=5e-5), key
    lines = [json.loads(line) for line in (tmp_path / 'predictions.jsonl').read_text(encoding='utf8').splitlines()]
    written, = (json.loads(file.read_text()) for file in tmp_path.glob('*/*.json'))
    assert written['span/predicted'] == int(found['predicted']) == sum(map(len, expected['entities']))
    assert [[[entity['label'], entity['start'], entity['end'] - 1] for entity in line['entities']]
            for line in lines] == expected['entities']
    assert all(line['text'][entity['start']:entity['end']] == entity['text'] and 0 < entity['score'] <= 1
               for line in lines for entity in line['entities'])


def test_a_folder_without_a_checkpoint(tmp_path):
    done = forked_tool('test.py', 'configs/bert_softmax/bert-tiny_softmax_sample_5e.py', tmp_path)
    assert done.returncode == 1 and done.stderr == (
        f'error: {tmp_path}: this folder holds no checkpoint; give the work dir of a training, or a file\n')


def test_help_names_the_options():
    done = tool('test.py', '--help')
    assert done.returncode == 0 and '--dump' in done.stdout
    assert (ROOT / 'tools/test.py').is_file()


SCORES, DUMP = dict(type='SpanF1Metric'), dict(type='DumpPredictions', file='found.jsonl')


@pytest.mark.parametrize(('evaluator', 'expected'), [
    (SCORES, [SCORES, DUMP]),
    ([SCORES], [SCORES, DUMP]),
    (dict(type='Evaluator', metrics=SCORES), dict(type='Evaluator', metrics=[SCORES, DUMP])),
    (dict(type='Evaluator', metrics=[SCORES]), dict(type='Evaluator', metrics=[SCORES, DUMP]))])
def test_a_dump_is_added_to_metrics_of_every_form(evaluator, expected):
    config = Config(dict(test_evaluator=evaluator))
    dump_to(config, 'found.jsonl')
    assert config.test_evaluator == expected
