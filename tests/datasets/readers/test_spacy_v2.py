import json

import pytest

from mmner.datasets import SpacyV2Reader
from mmner.structures import Entity
from tests.strange import refusal

# json.dumps(docs_to_json([doc])) of spaCy 3.8.18, the writer of this format: spacy.blank('en') with a sentencizer.
MADE = ('{"id": 0, "paragraphs": [{"raw": "Uber paid $1 million. I like New  York.", "sentences": [{"tokens": '
        '[{"id": 0, "orth": "Uber", "space": " ", "ner": "U-ORG"}, {"id": 1, "orth": "paid", "space": " ", "ner": '
        '"O"}, {"id": 2, "orth": "$", "space": "", "ner": "B-MONEY"}, {"id": 3, "orth": "1", "space": " ", "ner": '
        '"I-MONEY"}, {"id": 4, "orth": "million", "space": "", "ner": "L-MONEY"}, {"id": 5, "orth": ".", "space": " '
        '", "ner": "O"}], "brackets": []}, {"tokens": [{"id": 6, "orth": "I", "space": " ", "ner": "O"}, {"id": 7, '
        '"orth": "like", "space": " ", "ner": "O"}, {"id": 8, "orth": "New", "space": " ", "ner": "B-GPE"}, {"id": '
        '9, "orth": " ", "space": "", "ner": "I-GPE"}, {"id": 10, "orth": "York", "space": "", "ner": "L-GPE"}, '
        '{"id": 11, "orth": ".", "space": "", "ner": "O"}], "brackets": []}], "cats": [], "entities": [[0, 4, '
        '"ORG"], [10, 20, "MONEY"], [29, 38, "GPE"]], "links": []}]}')


def paragraph(words: str, tags: str = '', **further) -> dict:
    """One of words between bars, with tags between blanks; '?' is none."""
    tokens = [dict(orth=word) for word in words.split('|')]
    for token, tag in zip(tokens, tags.split(), strict=False):
        token['ner'] = None if tag == '?' else tag
    return dict(sentences=[dict(tokens=tokens[:2]), dict(tokens=tokens[2:])]) | further


def read_one(file, **arguments) -> tuple[dict, dict]:
    reader = SpacyV2Reader(**arguments)
    record, = reader(file)
    return record, reader.report.counts


def words_of(record: dict) -> list[str]:
    return [record['text'][start:end] for start, end in record['unit_offsets']]


def test_what_spacy_writes(write):
    record, _ = read_one(write(f'[\n{MADE}\n]'), strict=True)
    assert record['text'] == 'Uber paid $1 million. I like New  York.' and (record['line'], record['id']) == (2, 0)
    assert record['entities'] == [Entity('ORG', 0, 4), Entity('MONEY', 10, 20), Entity('GPE', 29, 38)]
    assert words_of(record) == ['Uber', 'paid', '$', '1', 'million', '.', 'I', 'like', 'New', 'York', '.']
    without = json.loads(MADE)
    without['paragraphs'][0]['raw'] = None
    assert read_one(write(without))[0]['text'] == record['text']
    assert read_one(write(without))[0]['entities'] == record['entities']


@pytest.mark.parametrize(('raw', 'offsets', 'entity'), [
    (None, [[0, 1], [2, 4], [5, 7], [8, 9]], (2, 7)), ('I seeyou.', [[0, 1], [2, 4], [4, 6], [6, 7]], None),
    (' I\n\nse\u3000eu .\n', [[1, 2], [4, 6], [7, 9], [10, 11]], (4, 9))])
def test_texts(write, raw, offsets, entity):
    file = write([dict(id='d', paragraphs=[paragraph('I|se|eu|.', 'O B-x L-x O', raw=raw)])])
    if entity is None:
        assert "the token 'eu' is not what \"raw\" goes on with, 'eyou.'" in refusal(SpacyV2Reader(), file, 1)
        return
    record, _ = read_one(file, strict=True)
    assert record['text'] == (raw or 'I se eu .') and record['id'] == 'd'
    assert record['unit_offsets'].tolist() == offsets and record['entities'] == [Entity('x', *entity)]


def test_paragraphs_and_documents(write):
    first = dict(id=3, paragraphs=[paragraph('a|b', 'U-x O'), paragraph('c', 'O')])
    file = write(json.dumps(first) + '\r\n' + json.dumps(dict(paragraphs=[paragraph('d|e|f', 'O B-x L-x')])))
    records = list(SpacyV2Reader(strict=True)(file))
    assert [(record['text'], record['entities'], record['line'], record.get('id')) for record in records] == [
        ('a b', [Entity('x', 0, 1)], 1, '3-1'), ('c', [], 1, '3-2'), ('d e f', [Entity('x', 2, 5)], 2, None)]


@pytest.mark.parametrize(('tags', 'entities', 'counts'), [
    ('B-x I-x L-x U-y', [('x', 0, 5), ('y', 6, 7)], {}), ('O O O O', [], {}), ('U-x-y O O O', [('x-y', 0, 1)], {}),
    ('B-x B-x L-x O', [('x', 0, 1), ('x', 2, 5)], {'tags': 1}),
    ('I-x I-x O L-y', [('x', 0, 3), ('y', 6, 7)], {'tags': 2}),
    ('B-x O U-x U-x', [('x', 0, 1), ('x', 4, 5), ('x', 6, 7)], {'tags': 1}),
    ('B-x L-y O O', [('x', 0, 1), ('y', 2, 3)], {'tags': 2}), ('- U-x ?', [('x', 2, 3)], {'token': 3}),
    ('- - ? -', [], {'paragraph': 1}), ('', [], {'paragraph': 1})])
def test_tags(write, tags, entities, counts):
    record, found = read_one(write([dict(id=1, paragraphs=[paragraph('a|b|c|d', tags)])]))
    assert record['entities'] == [Entity(*entity) for entity in entities]
    names = {'entity with tags other than U or B, I ..., L (kept)': 'tags',
             'token without a known tag (read as O)': 'token',
             'paragraph without a tag (a text without gold)': 'paragraph'}
    assert {names[kind]: count for kind, count in found.items()} == counts


def test_blank_tokens_at_the_edges_of_entities(write):
    tokens = [dict(orth=orth, space='', ner=ner) for orth, ner in (
        ('a', 'O'), (' ', 'B-x'), ('b', 'I-x'), ('\n', 'L-x'), ('\n', 'U-y'), ('', 'U-y'), ('c', 'O'))]
    for raw in (None, 'a b\n\nc'):
        record, counts = read_one(write(dict(paragraphs=[dict(raw=raw, sentences=[dict(tokens=tokens)])])))
        assert record['text'] == 'a b\n\nc' and record['entities'] == [Entity('x', 2, 3)]
        assert words_of(record) == ['a', 'b', 'c'] and counts == {'entity of blanks alone (dropped)': 2}


def test_blanks_that_differ_from_those_of_the_text(write):
    """As in spaCy, tokens need to make up "raw" but for blanks; one may begin with a blank that is there."""
    for words, raw in (('a|\n|b| \t|c', 'a b c'), ('a| b|c', 'a b\nc'), ('a|b||c', '\na  b c\n')):
        record, _ = read_one(write([dict(paragraphs=[paragraph(words, 'O O O O O', raw=raw)])]), strict=True)
        assert record['text'] == raw and words_of(record) == [word for word in words.split('|') if word.strip()]


def test_a_text_without_tokens(write):
    record, counts = read_one(write([dict(paragraphs=[dict(raw='a b', sentences=[])])]))
    assert record['text'] == 'a b' and 'unit_offsets' not in record
    assert counts == {'paragraph without a tag (a text without gold)': 1}
    record, _ = read_one(write([dict(paragraphs=[dict(raw=' ', sentences=[])])]))
    assert record['text'] == ' ' and record['unit_offsets'].shape == (0, 2), 'there are no words in it'


@pytest.mark.parametrize(('value', 'reason'), [
    (7, 'expected an object'), (dict(text='a', ents=[]), 'expected an object'),
    (dict(paragraphs={}), 'list of objects'), (dict(paragraphs=[7]), 'list of objects'),
    (dict(paragraphs=[dict(sentences='a')]), 'list of objects'),
    (dict(paragraphs=[dict(sentences=[dict(tokens=['a'])])]), 'list of objects'),
    *((dict(paragraphs=[dict(sentences=[dict(tokens=[token])])]), 'a token needs a string "orth"') for token in (
        {}, dict(orth=7), dict(orth='a', space=True))),
    *((dict(paragraphs=[paragraph('a', tag)]), f"the tag '{tag}'") for tag in ('x', 'B-', 'b-x', 'S-x', 'E-x', 'BX-x')),
    (dict(paragraphs=[dict(sentences=[dict(tokens=[dict(orth='a', ner=[1])])])]), 'the tag [1]'),
    (dict(paragraphs=[dict(sentences=[dict(tokens=[dict(orth='a', ner=True)])])]), 'the tag True'),
    (dict(paragraphs=[paragraph('a|b', 'O O', raw=7)]), '"raw" must be a string'),
    (dict(paragraphs=[paragraph('a|b', 'O O', raw='a')]), "the token 'b' is not"),
    (dict(paragraphs=[paragraph('a|b', 'O O', raw='a c b')]), "the token 'b' is not"),
    (dict(paragraphs=[paragraph('a|b', 'O O', raw='a b\n c')]), '"raw" goes on behind the last token'),
    (dict(id=True, paragraphs=[paragraph('a', 'O')]), 'the id True')])
def test_refused(write, value, reason):
    assert reason in refusal(SpacyV2Reader(), write([value]), 1)


def test_a_long_paragraph(write):
    words = ['王', '😀', '.', 'bcdef'] * 8000
    tags = ['B-x', 'L-x', 'O', 'O'] * 8000
    for raw in (None, ' '.join(words)):
        file = write([dict(paragraphs=[paragraph('|'.join(words), ' '.join(tags), raw=raw)])])
        record, _ = read_one(file, strict=True)
        assert record['text'] == ' '.join(words) and words_of(record) == words
        assert record['entities'] == [Entity('x', 12 * place, 12 * place + 3) for place in range(8000)]
