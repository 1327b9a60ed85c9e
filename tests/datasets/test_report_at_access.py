"""What transforms cannot keep that run at every access, behind one that does not run once."""
import pytest

from mmner.datasets import NERDataset
from mmner.datasets.transforms.base import BaseTransform
from mmner.utils import InputError
from tests.runs import ROOT

CATEGORIES = ('address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene')


class Keep(BaseTransform):
    def transform(self, results: dict) -> dict:
        return results


def dataset(**tokenize) -> NERDataset:
    sample = ROOT / 'mmner/datasets/sample'
    tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(sample / 'vocab.txt'))
    pipeline = [Keep(), dict(type='Tokenize', max_length=8, on_long='truncate', tokenizer=tokenizer, **tokenize),
                dict(type='PackNERInputs')]
    return NERDataset('dev.json', data_root=str(sample), reader=dict(type='CLUENERReader'), categories=CATEGORIES,
                      pipeline=pipeline)


def test_the_first_of_each_kind_is_logged(monkeypatch):
    logged = []
    monkeypatch.setattr('mmner.datasets.ner_dataset.print_log', lambda line, **_: logged.append(line))
    data = dataset()
    data.full_init()
    assert not logged
    for index in range(len(data)):
        assert len(data[index]['inputs']['input_ids']) <= 8
    kinds = [message.partition(', first at ')[0] for message in logged]
    assert len(kinds) == len(set(kinds)) == 2
    assert kinds[0] == 'text cut at max_length (on_long="truncate")' and 'dev.json:' in logged[0]


def test_strict_stays_strict():
    data = dataset(strict=True)
    with pytest.raises(InputError, match='text cut at max_length'):
        data[0]
