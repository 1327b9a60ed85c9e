import json

import pytest

from mmner.evaluation import DumpPredictions
from mmner.structures import Entity, NERDataSample
from mmner.utils import InputError


def dump(file, samples, size):
    metric = DumpPredictions(file=str(file))
    metric.process(None, samples)
    return metric.evaluate(size)


def test_lines_in_the_order_of_the_dataset(tmp_path):
    """Also a text that UTF-8 cannot hold: JSON spells its lone surrogate as an escape."""
    texts = ['北京欢迎你', 'a\ud800b']
    samples = [NERDataSample(index, text, predicted=[Entity('x', 0, 2, 0.5)]) for index, text in enumerate(texts)]
    samples[1].id = 0
    file = tmp_path / 'new/predictions.jsonl'
    assert dump(file, samples[::-1], 2) == {}
    lines = [json.loads(line) for line in file.read_text(encoding='utf8').split('\n')[:-1]]
    assert [line['text'] for line in lines] == texts and 'id' not in lines[0] and lines[1]['id'] == 0
    assert lines[1]['entities'] == [dict(label='x', start=0, end=2, text='a\ud800', score=0.5)]
    assert [file.name for file in file.parent.iterdir()] == ['predictions.jsonl']


def test_a_sample_that_did_not_arrive_is_an_error(tmp_path):
    with pytest.raises(InputError, match='DumpPredictions: 1 different samples were evaluated, the dataset has 2'):
        dump(tmp_path / 'predictions.jsonl', [NERDataSample(0, 'a')] * 2, 2)
    assert not list(tmp_path.iterdir())
