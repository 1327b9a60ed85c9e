import json

import numpy as np
import pytest

from mmner.datasets import SpacyReader
from mmner.structures import Entity
from mmner.utils import InputError
from tests.strange import refusal

# json.dumps(doc.to_json()) of spaCy 3.8.18: spacy.blank('en') with entities and two span groups.
ENGLISH = ('{"text": "Uber blew through $1 million in New York \\ud83d\\ude00 today.", "ents": [{"start": 0, "end": 4, '
           '"label": "ORG"}, {"start": 18, "end": 28, "label": "MONEY"}, {"start": 32, "end": 40, "label": "GPE"}], '
           '"tokens": [{"id": 0, "start": 0, "end": 4}, {"id": 1, "start": 5, "end": 9}, {"id": 2, "start": 10, '
           '"end": 17}, {"id": 3, "start": 18, "end": 19}, {"id": 4, "start": 19, "end": 20}, {"id": 5, "start": 21, '
           '"end": 28}, {"id": 6, "start": 29, "end": 31}, {"id": 7, "start": 32, "end": 35}, {"id": 8, "start": 36, '
           '"end": 40}, {"id": 9, "start": 41, "end": 42}, {"id": 10, "start": 43, "end": 48}, {"id": 11, "start": 48, '
           '"end": 49}], "spans": {"sc": [{"start": 32, "end": 40, "label": "LOC", "kb_id": ""}, {"start": 36, '
           '"end": 40, "label": "LOC", "kb_id": ""}], "other": [{"start": 0, "end": 9, "label": "X", "kb_id": ""}]}}')
# spacy.blank('zh') and spacy.blank('en') without entities, whose second token is a blank.
CHINESE = ('{"text": "王伟在北京。", "ents": [{"start": 0, "end": 2, "label": "PER"}], "tokens": [{"id": 0, '
           '"start": 0, "end": 1}, {"id": 1, "start": 1, "end": 2}, {"id": 2, "start": 2, "end": 3}, {"id": 3, '
           '"start": 3, "end": 4}, {"id": 4, "start": 4, "end": 5}, {"id": 5, "start": 5, "end": 6}]}')
BLANK = ('{"text": "New  York", "tokens": [{"id": 0, "start": 0, "end": 3}, {"id": 1, "start": 4, "end": 5}, '
         '{"id": 2, "start": 5, "end": 9}]}')
PAIR = ['Uber in 😀 York', {'entities': [[0, 4, 'ORG'], [10, 14, 'GPE']]}]
EXPECTED = dict(text='Uber in 😀 York', entities=[Entity('ORG', 0, 4), Entity('GPE', 10, 14)])


@pytest.mark.parametrize(('content', 'lines'), [
    (json.dumps([PAIR] * 2), [1, 1]), (json.dumps([PAIR] * 2, indent=0, ensure_ascii=False), [2, 19]),
    (json.dumps([PAIR] * 2, indent=0).replace('\n', '\r\n'), [2, 19]),
    ('\ufeff' + json.dumps(PAIR) + '\r\n \r\n' + json.dumps(PAIR, ensure_ascii=False) + '\n', [1, 3]),
    ('\n\n [ ' + json.dumps(PAIR)[1:] + '\n' + json.dumps(PAIR), [3, 4]),
    ('[\n\n' + json.dumps(PAIR) + ',\n' + json.dumps(PAIR) + ']', [3, 4]),
    (json.dumps(dict(text=PAIR[0], **PAIR[1])) + '\n' + json.dumps(dict(text=PAIR[0], **PAIR[1])), [1, 2])])
def test_layouts(write, content, lines):
    assert list(SpacyReader(strict=True)(write(content))) == [EXPECTED | dict(line=line) for line in lines]


def test_what_spacy_gives(write):
    reader = SpacyReader()
    english, chinese, blank = reader(write(f'[{ENGLISH},\n{CHINESE},\n{BLANK}]'))
    assert english['entities'] == [Entity('ORG', 0, 4), Entity('MONEY', 18, 28), Entity('GPE', 32, 40)]
    words = [english['text'][start:end] for start, end in english['unit_offsets']]
    assert words == ['Uber', 'blew', 'through', '$', '1', 'million', 'in', 'New', 'York', '😀', 'today', '.']
    assert chinese['entities'] == [Entity('PER', 0, 2)] and chinese['line'] == 2
    np.testing.assert_array_equal(chinese['unit_offsets'], [[place, place + 1] for place in range(6)])
    assert blank['entities'] == [] and blank['unit_offsets'].tolist() == [[0, 3], [5, 9]]
    assert reader.report.counts == {'record without entities (a text without gold)': 1,
                                    'span group (left out; name one with `spans_key` to read it)': 2}


def test_span_groups(write):
    file = write(ENGLISH + '\n' + CHINESE)
    reader = SpacyReader(spans_key='sc')
    assert [record['entities'] for record in reader(file)] == [[Entity('LOC', 32, 40), Entity('LOC', 36, 40)], []]
    assert reader.report.counts == {'record without entities (a text without gold)': 1,
                                    'span group (left out; name one with `spans_key` to read it)': 1}
    assert "'other': span group" in refusal(SpacyReader(spans_key='sc', strict=True), file, 1)
    with pytest.raises(InputError, match="no span group 'x'; the file has 'other', 'sc'; correct `spans_key`"):
        list(SpacyReader(spans_key='x')(file))
    pair = ['abc', {'entities': [], 'spans': {'sc': [[0, 2, 'x'], [1, 3, 'y']]}}]
    record, = SpacyReader(spans_key='sc', strict=True)(write(json.dumps(pair)))
    assert record['entities'] == [Entity('x', 0, 2), Entity('y', 1, 3)]


def test_overlapping_unsorted_and_with_blanks_at_the_edges(write):
    spans = [[4, 7, 'x'], [0, 5, 'y'], [0, 5, 'y'], [3, 4, '王 \n']]
    record, = SpacyReader(strict=True)(write(json.dumps([['abc defg', {'entities': spans, 'cats': {'a': 1.0}}]])))
    assert record['entities'] == [Entity('x', 4, 7), Entity('y', 0, 5), Entity('y', 0, 5), Entity('王 \n', 3, 4)]
    assert 'unit_offsets' not in record


def test_entities_that_do_not_fit_the_tokens_stay(write):
    value = dict(text='ab cd', ents=[dict(start=1, end=4, label='x')], tokens=[
        dict(start=0, end=2), dict(start=3, end=5)])
    record, = SpacyReader(strict=True)(write(json.dumps(value)))
    assert record['entities'] == [Entity('x', 1, 4)] and record['unit_offsets'].tolist() == [[0, 2], [3, 5]]


def test_an_empty_text_has_no_words_where_others_have_some(write):
    values = [dict(text='', ents=[], tokens=[]), dict(text='ab', ents=[], tokens=[dict(start=0, end=2)])]
    records = list(SpacyReader(strict=True)(write(json.dumps(values))))
    assert [record['unit_offsets'].tolist() for record in records] == [[], [[0, 2]]]
    assert records[0]['unit_offsets'].shape == (0, 2)


def test_what_is_counted(write):
    file = write(json.dumps(['ab', {}]) + '\n' + json.dumps(['ab', {'entities': [[0, 1, ''], [1, 2, 'x']]}]))
    reader = SpacyReader()
    assert [record['entities'] for record in reader(file)] == [[], [Entity('x', 1, 2)]]
    assert reader.report.counts == {'record without entities (a text without gold)': 1,
                                    'entity with an empty label (dropped)': 1}
    assert reader.report.places['entity with an empty label (dropped)'] == [f'{file}:2: [0, 1]']


def pair(*entities) -> list:
    return ['abc', {'entities': list(entities)}]


@pytest.mark.parametrize(('value', 'reason'), [
    (7, 'expected ['), ({}, 'expected ['), (['a'], 'expected ['), (['a', []], 'expected ['), ([7, {}], 'expected ['),
    (['a', {}, {}], 'expected ['), (dict(id=1, paragraphs=[]), 'SpacyV2Reader reads'),
    (['a', {'entities': {}}], 'must be a list'), (dict(text='a', ents=True), 'must be a list'),
    (dict(text='a', spans=[dict(start=0, end=1, label='x')]), '"spans" must be {group: [...]}'),
    (['a', {'entities': ['U-x']}], 'is no entity'),
    *((pair(entity), 'is no entity of a text of 3 characters') for entity in (
        [0, 4, 'x'], [-1, 1, 'x'], [2, 2, 'x'], [2, 1, 'x'], [0, 1, 7], [0, 1, None], [0, 1], [0, 1, 'x', ''], 7, None,
        [False, True, 'x'], ['0', '1', 'x'], [0, 1.0, 'x'], dict(start=0, end=1), dict(start=0, end=9, label='x'),
        dict(start=True, end=2, label='x'), [0, 10**600, 'x' * 5000], 'U-x')),
    *((dict(text='abc', ents=[], tokens=tokens), 'is no token of a text of 3 characters') for tokens in (
        7, [7], [{}], [dict(start=0, end=4)], [dict(start=1, end=1)], [dict(start=0, end=2), dict(start=1, end=3)],
        [dict(start=False, end=True)], [dict(start=1, end=2), dict(start=0, end=1)], dict(start=0, end=4)))])
def test_refused(write, value, reason):
    assert reason in refusal(SpacyReader(), write(json.dumps([value, value])), 1)
    for good in (json.dumps(PAIR), json.dumps(dict(text='a', ents=[]))):
        assert reason in refusal(SpacyReader(), write(f'\n{good}\n{json.dumps(value)}'), 3)


@pytest.mark.parametrize(('content', 'line', 'reason'), [
    (b'[["\xff", {}]]', 1, 'not UTF-8'), ('["a", {}]\n["b"', 2, 'not valid JSON'),
    ('["a", {}],\n["b", {}]', 1, 'Extra data'),
    ('["a", {"entities": [], "entities": []}]', 1, 'stands twice'), ('["a",\n{}]', 1, 'not valid JSON'),
    ('[["a", {}]\n', 2, 'the JSON array ends'), ('["a", ' + '[' * 50_000, 1, 'not valid JSON')])
def test_broken_files(write, content, line, reason):
    assert reason in refusal(SpacyReader(), write(content), line)


@pytest.mark.parametrize('content', ['', '\ufeff', ' \r\n', '[]'])
def test_empty_files(write, content):
    with pytest.raises(InputError, match='the file is empty'):
        list(SpacyReader()(write(content)))


def test_a_long_text(write):
    text, count = '王😀 b' * 25_000, 5000
    entities = [[4 * place, 4 * place + 2, 'x'] for place in range(count)]
    tokens = [dict(start=4 * place, end=4 * place + 2) for place in range(count)]
    record, = SpacyReader(strict=True)(write(json.dumps(dict(text=text, entities=entities, tokens=tokens))))
    assert record['entities'] == [Entity('x', start, end) for start, end, _ in entities]
    assert record['unit_offsets'].tolist() == [entity[:2] for entity in entities]
