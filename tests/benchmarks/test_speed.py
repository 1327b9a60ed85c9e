"""The harness, end to end with a tiny model. Nothing here depends on how fast anything is."""
import json
import subprocess
import sys

import pytest

from tests.runs import FORKS, ROOT

MATCH = 'float32, batch 8|mmner, int8|defaults|onnxruntime, int8'        # with mmner's own, each way of working once
SENTENCES = 64          # two steps of training, of which half an epoch warms the rate up
# The program with contestants that are forks of a process that has imported the libraries, not each a new Python.
PROGRAM = """
import multiprocessing, runpy, sys
sys.path.insert(0, 'benchmarks')
from contestants import process
forks = multiprocessing.get_context('forkserver')
forks.set_forkserver_preload(['mmengine.runner', 'torch._dynamo', 'onnxruntime', 'transformers.pipelines',
                              'transformers.models.bert.modeling_bert'])
process.get_context = lambda method: forks
runpy.run_path('benchmarks/speed.py', run_name='__main__')
"""


@pytest.fixture(scope='module')
def measured(shared, tmp_path_factory):
    pytest.importorskip('transformers', reason='the extra `benchmark` is not installed')
    out = tmp_path_factory.mktemp('speed') / 'speed.json'
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM, '--size', 'tiny', '--sentences', str(SENTENCES), '--rounds', '2',
         '--corpus', shared / 'data/cluener/train.json', '--vocab', shared / 'vocab/bert-base-chinese/vocab.txt',
         '--threads', '1', '--match', MATCH, '--out', out], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text(encoding='utf8')), done.stdout


def test_numbers_follow_from_the_seconds(measured, shared):
    lines = (shared / 'data/cluener/train.json').read_text(encoding='utf8').splitlines()
    lengths = [len(json.loads(line)['text']) + 2 for line in lines[:SENTENCES]]     # a token a character, two specials
    weights = 2 * (4 * 32 * 32 + 2 * 32 * 64)
    for kind, flops in (('training', 6), ('inference', 2)):
        result = measured[0][kind]
        assert result['largest_difference_of_logits'] < 1e-3
        for row in result['contestants']:
            first, second = row['rounds']
            assert row['tokens'] == sum(lengths[:row['sentences']])
            assert row['seconds'] == pytest.approx((first + second) / 2, abs=2e-4)
            assert row['useful_gflops'] == pytest.approx(
                flops * weights * row['tokens'] / row['seconds'] / 1e9, rel=0.1, abs=0.01)
            assert row['mmner_is_faster'] == pytest.approx(
                result['contestants'][0]['sentences_per_second'] / row['sentences_per_second'], rel=0.01)
            assert row['peak_mib'] > 100, 'a process that has torch or onnxruntime in it'


def test_everyone_is_measured_or_named(measured):
    names = {kind: {row['name'] for row in measured[0][kind]['contestants']} for kind in ('training', 'inference')}
    skipped = {row['name'] for row in measured[0]['inference']['skipped']}
    assert names['training'] == {'mmner, bfloat16, batch 32', 'transformers, float32, batch 8',
                                 "MMOCR's way: float32, batch 8, padded to 128"}
    assert names['inference'] | skipped == {
        'mmner, bfloat16, batch 64', 'mmner, int8, batch 64', 'transformers, float32, batch 8',
        'transformers pipeline at its defaults', 'onnxruntime, int8, batch 32'}
    assert all('int8' in name for name in skipped)


def test_contestants_alternate(measured):
    shown = [line.rsplit(':', 1)[0] for line in measured[1].splitlines() if line.startswith('round')]
    assert shown == [f'round {number}, {row["name"]}' for kind in ('training', 'inference') for number in (1, 2)
                     for row in measured[0][kind]['contestants']]


def test_a_disturbed_turn_is_repeated(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / 'benchmarks'))
    from contestants.process import Process
    for shares, chosen, taken in (([0.01], 0.01, 1), ([0.4, 0.02], 0.02, 2), ([0.4, 0.2, 0.3, 0.0], 0.2, 3)):
        turns = iter([dict(others=share) for share in shares])
        process = Process.__new__(Process)          # the choice alone, without a real process
        process.turn = turns.__next__
        assert process.undisturbed_turn() == dict(others=chosen)
        assert len(shares) - len(list(turns)) == taken


def test_a_contestant_that_cannot_is_skipped_with_its_reason(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / 'benchmarks'))
    from contestants import Contestant, process, task
    monkeypatch.setattr(process, 'get_context', lambda method: FORKS)
    sample = ROOT / 'mmner/datasets/sample'
    work = task.Task(corpus=sample / 'train.json', vocab=sample / 'vocab.txt', folder=tmp_path, size=task.SIZES['tiny'],
                     texts=['a'], input_ids=[[1]], labels=[[0]], device='cpu', threads=1, rounds=1)
    unknown = Contestant('unknown', 'mmner_way.predict', dict(precision='float7', batch_size=1))
    started = process.Process(unknown, work)
    started.end()
    assert 'float7' in started.refused
    assert not started.process.is_alive()


def test_tags_of_the_peers(monkeypatch):
    """By hand: categories in CATEGORIES' order, B = 1 + 2 * place, I after it; ends in the file are inclusive."""
    monkeypatch.syspath_prepend(str(ROOT / 'benchmarks'))
    from contestants.task import tags
    label = {'address': {'cd': [[2, 3]]}, 'company': {'f': [[5, 5]], 'hi': [[7, 8]]}}
    assert tags(dict(text='abcdefghij', label=label)) == [0, 0, 1, 2, 0, 5, 0, 5, 6, 0]


def test_other_logits_are_refused(monkeypatch):
    pytest.importorskip('transformers', reason='the extra `benchmark` is not installed')
    monkeypatch.syspath_prepend(str(ROOT / 'benchmarks'))
    import speed
    import torch
    logits = torch.zeros(3, 21)
    monkeypatch.setattr(speed.mmner_way, 'convert', lambda task: [logits])
    monkeypatch.setattr(speed.transformers_way, 'logits', lambda task: [logits + 0.0009])
    assert speed.largest_difference(None) == pytest.approx(0.0009)
    for other in (0.0011, float('nan')):
        monkeypatch.setattr(speed.transformers_way, 'logits', lambda task, other=other: [logits + other])
        with pytest.raises(speed.InputError, match='differ'):
            speed.largest_difference(None)
