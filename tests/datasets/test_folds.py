import json

import numpy as np
import pytest

from mmner.datasets import HeldOutFold, TrainingFolds
from mmner.datasets.folds import fold_numbers
from mmner.datasets.transforms import Tokenize
from mmner.utils import InputError

TEXTS = ['a' * length for length in range(1, 12)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('MMNER_CACHE', str(tmp_path / 'cache'))


@pytest.fixture
def build(tmp_path):
    """Builds a dataset over `TEXTS`, of which each stands alone between blank lines."""
    lines = [json.dumps({'text': text, 'label': {'name': {'a': [[0, 0]]}}}) for text in TEXTS]
    (tmp_path / 'train.json').write_text('\n\n'.join(lines))
    (tmp_path / 'vocab.txt').write_text('[PAD]\n[UNK]\n[CLS]\n[SEP]\na')
    tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'))

    def build(kind: type, fold: int, num_folds: int = 3, seed: int = 0, **arguments):
        return kind('train.json', data_root=str(tmp_path), categories=['name'], reader=dict(type='CLUENERReader'),
                    pipeline=[dict(type='Tokenize', tokenizer=tokenizer), dict(type='PackNERInputs')],
                    fold=fold, num_folds=num_folds, seed=seed, **arguments)

    return build


def texts(dataset) -> list[str]:
    return [dataset[index]['data_samples'].text for index in range(len(dataset))]


@pytest.mark.parametrize('arguments', [{}, dict(cache_from_mb=0), dict(lazy_init=True)])
def test_each_text_is_held_out_once_and_trained_on_otherwise(build, arguments):
    held_out = [texts(build(HeldOutFold, fold, **arguments)) for fold in range(3)]
    assert sorted(map(len, held_out)) == [3, 4, 4]
    assert sorted(sum(held_out, []), key=len) == TEXTS
    for fold, left_out in enumerate(held_out):
        assert left_out == sorted(left_out, key=len), 'in the order of the file'
        assert texts(build(TrainingFolds, fold, **arguments)) == [text for text in TEXTS if text not in left_out]


def test_folds_are_drawn_by_the_seed(build):
    splits = {tuple(texts(build(HeldOutFold, 0, seed=seed))) for seed in range(10)}
    assert len(splits) > 5
    assert texts(build(HeldOutFold, 0, seed=3)) == texts(build(HeldOutFold, 0, seed=3))
    shares = np.mean([fold_numbers('abcdefghij', num_folds=5, seed=seed) == 2 for seed in range(2000)], axis=0)
    assert shares == pytest.approx(np.full(10, 0.2), abs=0.04), 'every text comes into a fold as often'


def test_copies_of_a_text_stay_together(build, tmp_path):
    """And of texts without copies the folds are what they were before copies were looked at."""
    assert fold_numbers('abcdefgh', num_folds=3, seed=0).tolist() == [0, 2, 1, 1, 0, 0, 2, 1]
    assert fold_numbers('abacadaebfghbh', num_folds=3, seed=0).tolist() == [0, 2, 0, 1, 0, 1, 0, 0, 2, 0, 2, 1, 2, 1]
    file = tmp_path / 'train.json'
    file.write_text(f'{file.read_text()}\n' * 2)
    held_out = [texts(build(HeldOutFold, fold)) for fold in range(3)]
    assert sorted(map(len, held_out)) == [6, 8, 8] and sorted(sum(held_out, []), key=len) == sorted(TEXTS * 2, key=len)
    for fold, left_out in enumerate(held_out):
        assert len(set(left_out)) == len(left_out) / 2
        assert not {*left_out} & {*texts(build(TrainingFolds, fold))}


def test_records_say_where_they_stand_in_the_file(build, tmp_path):
    for kind in (HeldOutFold, TrainingFolds):
        dataset = build(kind, 1)
        for index, text in enumerate(texts(dataset)):
            record = dataset.get_data_info(index)
            assert record['where'] == f'{tmp_path}/train.json:{2 * len(text) - 1}'
            assert record['sample_idx'] == dataset[index]['data_samples'].index == index
        assert dataset.lengths.tolist() == [len(text) + 2 for text in texts(dataset)]
        assert [sample['data_samples'].text for sample in dataset.__getitems__([2, 0])] == [
            texts(dataset)[2], texts(dataset)[0]]


def test_all_folds_share_the_columns_of_a_large_file(build, monkeypatch):
    build(TrainingFolds, 0, cache_from_mb=0)
    monkeypatch.setattr(Tokenize, 'transform', None)            # nothing is tokenized any more
    sizes = [len(build(kind, 2, seed=1, cache_from_mb=0)) for kind in (HeldOutFold, TrainingFolds)]
    assert sum(sizes) == 11


def test_indices_choose_before_the_folds(build):
    held_out = [texts(build(HeldOutFold, fold, indices=-6)) for fold in range(3)]
    assert list(map(len, held_out)) == [2, 2, 2] and sorted(sum(held_out, []), key=len) == TEXTS[5:]
    dataset = build(HeldOutFold, 0)
    assert texts(dataset.get_subset([1])) == texts(dataset)[1:2]


@pytest.mark.parametrize(('arguments', 'expected'), [
    (dict(fold=0, num_folds=1), 'HeldOutFold: num_folds=1, but it takes two'),
    (dict(fold=3), 'HeldOutFold: fold=3 of num_folds=3; give a fold from 0 to 2'),
    (dict(fold=-1), 'HeldOutFold: fold=-1'),
    (dict(fold=0, seed=-1), 'HeldOutFold: seed=-1'),
    (dict(fold=0, num_folds=12), 'train.json: 11 different texts cannot be 12 folds; give fewer folds')])
def test_mistakes(build, arguments, expected):
    with pytest.raises(InputError) as caught:
        build(HeldOutFold, **arguments)
    assert expected in str(caught.value) and '\n' not in str(caught.value)


def test_a_failed_start_fails_again(build):
    dataset = build(HeldOutFold, 0, 12, lazy_init=True)
    for _ in range(2):
        with pytest.raises(InputError, match='11 different texts cannot be 12 folds'):
            len(dataset)
