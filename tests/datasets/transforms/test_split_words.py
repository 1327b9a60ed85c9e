import json

import numpy as np
import pytest

from mmner.apis import NERInferencer
from mmner.datasets import NERDataset
from mmner.datasets.transforms import SplitWords
from mmner.structures import Entity
from mmner.utils import InputError
from tests.known_model import write_known_model
from tests.strange import CHARACTERS, PHRASES

SENTENCES = {
    'Peter Smith lives in Berlin, Germany.': 'Peter Smith lives in Berlin , Germany .',
    '"Who\'s there?" asked O\'Neill\'s wife': '" Who \'s there ? " asked O\'Neill \'s wife',
    'It’s Anna’s state-of-the-art car': 'It ’s Anna ’s state-of-the-art car',
    '@ann see #nlp at http://x.org/a?b=1!': '@ann see #nlp at http://x.org/a?b=1 !',
    'a.b@c.de ... 3,500.20 U.S.': 'a.b@c.de . . . 3,500.20 U.S .',
    # Accents and vowel signs that are characters of their own.
    'cafe\u0301 in Malmo\u0308, Jose\u0301\'s': 'cafe\u0301 in Malmo\u0308 , Jose\u0301 \'s',
    'दिल्ली में अरसु, جزيلاً ❤️love': 'दिल्ली में अरसु , جزيلاً ❤️ love',
    'José\u00a0Ruiz\tand\nقال 😀': 'José Ruiz and قال 😀',
    '': '', '  \n': ''}


def words_of(text: str) -> list[str]:
    return [text[start:end] for start, end in SplitWords()(dict(text=text))['unit_offsets']]


@pytest.mark.parametrize('text', SENTENCES)
def test_words(text):
    assert words_of(text) == SENTENCES[text].split()


@pytest.mark.parametrize('text', [CHARACTERS, *PHRASES, "'" * 50000 + 'a' + '.' * 50000])
def test_no_character_is_lost(text):
    assert ''.join(words_of(text)) == ''.join(text.split())


def test_a_mark_with_nothing_before_it_is_a_word():
    assert words_of('\u0301a \u0301') == ['\u0301', 'a', '\u0301']


def test_given_words_stay():
    given = np.array([[0, 4]])
    assert SplitWords()(dict(text='a, b', unit_offsets=given))['unit_offsets'] is given


def dataset(folder, pipeline, **record) -> NERDataset:
    (folder / 'a.jsonl').write_text(json.dumps(record) + '\n')
    return NERDataset(str(folder / 'a.jsonl'), reader=dict(type='JsonLinesReader'), categories=['x'],
                      pipeline=pipeline)


@pytest.fixture
def tokenize(tmp_path) -> dict:
    (tmp_path / 'vocab.txt').write_text('\n'.join(['[PAD]', '[UNK]', '[CLS]', '[SEP]', *'abc,']))
    return dict(type='Tokenize', tokenizer=dict(type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt')))


def test_trains_on_texts_without_words(tokenize, tmp_path):
    data = dataset(tmp_path, [dict(type='SplitWords'), tokenize], text='ab cc, a',
                   entities=[dict(label='x', start=3, end=5)])
    assert data[0]['unit_offsets'].tolist() == [[0, 2], [3, 5], [5, 6], [7, 8]]
    assert [tuple(span[:3]) for span in data[0]['unit_spans']] == [('x', 1, 2)]


def test_behind_tokenize_it_is_refused(tokenize, tmp_path):
    with pytest.raises(InputError, match='SplitWords stands behind Tokenize in the pipeline; put it before'):
        dataset(tmp_path, [tokenize, dict(type='SplitWords')], text='ab c', entities=[])[0]


@pytest.mark.parametrize('with_words', [True, False])
@pytest.mark.parametrize('split', [True, False])
def test_says_where_prediction_would_read_otherwise(tokenize, tmp_path, split, with_words):
    words = dict(unit_offsets=[[0, 2], [3, 4]]) if with_words else {}
    data = dataset(tmp_path, [dict(type='SplitWords')] * split + [tokenize], text='ab c', entities=[], **words)
    assert bool(data.report.lines()) == (with_words and not split)


def test_a_model_of_words_reads_a_plain_text(tmp_path):
    """A word is an entity if its first token is."""
    config, weights = write_known_model(tmp_path)
    text = '王a 大京, 京b! 京'
    assert [entity.span for entity in NERInferencer(config, weights)(text).entities] == [
        ('name', 0, 1), ('government', 2, 3), ('address', 4, 5), ('government', 6, 7), ('address', 7, 8),
        ('government', 10, 11), ('address', 11, 12)]
    config.write_text(config.read_text().replace('pipeline=[', "pipeline=[dict(type='SplitWords'), "))
    assert [Entity(*entity.span) for entity in NERInferencer(config, weights)(text).entities] == [
        Entity('name', 0, 2), Entity('address', 7, 9), Entity('address', 11, 12)]


@pytest.mark.parametrize('text', ['王a ' + 'a' * 20_000, 'a' * 20_000, 'a' * 3000 + ' 京a', ' ' * 5000],
                         ids=['last', 'alone', 'first', 'blanks'])
def test_a_word_longer_than_a_batch(tmp_path, text):
    config, weights = write_known_model(tmp_path)
    config.write_text(config.read_text().replace('pipeline=[', "pipeline=[dict(type='SplitWords'), "))
    found = NERInferencer(config, weights, max_tokens=500)(text).entities
    assert [text[entity.start:entity.end] for entity in found] == [word for word in text.split() if word[0] in '王京']
