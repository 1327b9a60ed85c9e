import json
import os

import numpy as np
import pytest

from mmner.datasets import NERDataset
from mmner.datasets.transforms import MatchLexicon
from mmner.structures.lexicon_features import tags_key
from mmner.utils.cache import cache_root

# Of the tags name and place, in this order.
NAME, PLACE = ({key: 4 * tag + number for number, key in enumerate('BMES')} for tag in range(2))
TAGS = ['place', 'name']


@pytest.fixture
def match(tmp_path):
    def built(*lines: str) -> MatchLexicon:
        (tmp_path / 'words.txt').write_text('\n'.join(line.replace(' ', '\t') for line in lines), encoding='utf8')
        return MatchLexicon(sources=[str(tmp_path / 'words.txt')], tags=TAGS)
    return built


def pairs(transform, text, num_units=None, **others) -> list:
    units = np.zeros(len(text) if num_units is None else num_units)
    results = transform(dict(text=text, unit_to_token=units, **others))
    assert results['lexicon_units'].dtype == results['lexicon_ids'].dtype == np.int32
    assert results['lexicon_key'] == tags_key(('name', 'place'))
    return list(zip(results['lexicon_units'].tolist(), results['lexicon_ids'].tolist(), strict=True))


def test_one_sentence_by_hand(match):
    """南京市长江大桥: the city 南京市, its mayor 市长, someone called 江大桥, the river, the bridge."""
    transform = match(
        '南京 place', '南京市 place', '市长 name', '江大桥 name', '长江 place', '长江大桥 place', '江 name')
    assert pairs(transform, '去南京市长江大桥') == [
        (1, PLACE['B']),                                                # of 南京 and 南京市, once
        (2, PLACE['M']), (2, PLACE['E']),
        (3, NAME['B']), (3, PLACE['E']),
        (4, NAME['E']), (4, PLACE['B']),                                # of 长江 and 长江大桥, once
        (5, NAME['B']), (5, NAME['S']), (5, PLACE['M']), (5, PLACE['E']),
        (6, NAME['M']), (6, PLACE['M']),
        (7, NAME['E']), (7, PLACE['E'])]


def test_a_text_without_words(match):
    assert pairs(match('南京 place'), '你好') == [] == pairs(match('南京 place'), '')


def test_given_words_are_covered_as_a_whole(match):
    """'ork' and 'York Cit' are no units; the other entries are one, two and three of them."""
    transform = match('New_York place', 'York name', 'ork name', 'York_Cit name', 'York_City. name', 'City. place')
    offsets = np.array([[0, 3], [4, 8], [9, 13], [13, 14]])
    assert pairs(transform, 'New_York_City.', 4, unit_offsets=offsets) == [
        (0, PLACE['B']), (1, NAME['B']), (1, NAME['S']), (1, PLACE['E']), (2, NAME['M']), (2, PLACE['B']),
        (3, NAME['E']), (3, PLACE['E'])]


def test_a_cut_text_keeps_the_features_of_the_units_that_are_left(match):
    transform = match('长江大桥 place', '桥 name')
    assert pairs(transform, '长江大桥', 2) == [(0, PLACE['B']), (1, PLACE['M'])]
    offsets = np.array([[0, 1], [1, 2]])                # as Tokenize leaves them
    assert pairs(transform, '长江大桥', 2, unit_offsets=offsets) == []


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Builds the dataset of two texts, whose columns are written to the cache and mapped."""
    monkeypatch.setenv('MMNER_CACHE', str(tmp_path / 'cache'))
    (tmp_path / 'vocab.txt').write_text('[PAD]\n[UNK]\n[CLS]\n[SEP]\n南\n京')
    (tmp_path / 'train.json').write_text(''.join(
        json.dumps(dict(text=text, label={})) + '\n' for text in ('你好', '去南京', '')), encoding='utf8')

    tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'))

    def build(cache_from_mb: float) -> NERDataset:
        return NERDataset(
            'train.json', data_root=str(tmp_path), reader=dict(type='CLUENERReader'), categories=['a'],
            cache_from_mb=cache_from_mb, pipeline=[
                dict(type='Tokenize', tokenizer=tokenizer),
                dict(type='MatchLexicon', sources=[str(tmp_path / 'words.txt')], tags=TAGS),
                dict(type='PackNERInputs')])
    return build


def columns() -> list[str]:
    return os.listdir(cache_root() / 'columns')


def test_columns_keep_what_was_found(corpus, match, monkeypatch):
    match('南京 place')
    held, written = corpus(float('inf')), corpus(0)
    assert len(columns()) == 1
    monkeypatch.setattr(MatchLexicon, 'transform', lambda self, results: pytest.fail('looked for words again'))
    for dataset in (held, written, corpus(0)):
        assert [type(transform).__name__ for transform in dataset.pipeline.transforms] == ['PackNERInputs']
        for index, expected in enumerate([[], [(1, PLACE['B']), (2, PLACE['E'])], []]):
            inputs = dataset[index]['inputs']
            assert pairs(lambda results, inputs=inputs: inputs, '') == expected
    assert len(columns()) == 1


def test_other_words_are_looked_up_anew(corpus, match):
    match('南京 place')
    corpus(0)
    match('南京 name', '去 place')
    assert corpus(0)[1]['inputs']['lexicon_ids'].tolist() == [PLACE['S'], NAME['B'], NAME['E']]
    assert len(columns()) == 2
