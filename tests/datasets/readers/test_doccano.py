import json
from random import Random

import pytest

from mmner.datasets import DoccanoReader
from mmner.structures import Entity, Relation
from mmner.utils import InputError
from tests.strange import check_message, mutated, refusal, shown, strange_text

EU = 'EU rejects German call.'
ENTITIES = [Entity('ORG', 0, 2), Entity('MISC', 11, 17)]
TUPLES = [[0, 2, 'ORG'], [11, 17, 'MISC']]
OBJECTS = [dict(id=7, label='ORG', start_offset=0, end_offset=2),
           dict(id=9, label='MISC', start_offset=11, end_offset=17)]
RELATION = dict(id=1, from_id=9, to_id=7, type='of')
EMOJI = '👨🏻\u200d🚒 firemen drive firetrucks'       # of https://github.com/doccano/doccano/issues/2290
WITHOUT_GOLD = 'line without entities, not even an empty list (a text without gold)'
NUMBER = 'label that is a number (kept as its digits)'
OTHER_KEYS, ENTITY_KEYS = 'other keys (left out)', 'other keys of an entity (left out)'


@pytest.fixture
def write(tmp_path):
    """Writes lines, given as JSON values or as they are."""
    def run(*lines) -> str:
        file = tmp_path / 'all.jsonl'
        file.write_bytes(b'\n'.join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
        return str(file)
    return run


@pytest.fixture
def read(write):
    """Reads one line; gives its record and the counts."""
    def run(line, **arguments) -> tuple[dict, dict]:
        reader = DoccanoReader(**arguments)
        record, = reader(write(line))
        return record, reader.report.counts
    return run


def old(item: dict, **keys) -> dict:
    return item | dict(user=1) | keys


@pytest.mark.parametrize(('line', 'expected', 'counts'), [
    # 0.1 (pull request 46), before 1.0 (issue 113), and what all versions import
    (dict(doc_id=3, text=EU, entities=TUPLES, username='admin'), dict(id=3), {OTHER_KEYS: 1}),
    (dict(id=3, text=EU, annotations=[old(OBJECTS[0], label=7), old(OBJECTS[1], label=6)], meta={}),
     dict(id=3, entities=[Entity('7', 0, 2), Entity('6', 11, 17)]), {NUMBER: 2, ENTITY_KEYS: 2}),
    (dict(text=EU, labels=TUPLES), {}, {}),
    # 1.0: with names, as text labels, and as text labels of the version that left them numbers
    (dict(id=3, text=EU, annotations=[old(OBJECTS[0], label=7, label_name='ORG', user_name='a'),
                                      old(OBJECTS[1], label=6, label_name='MISC', user_name='b')],
          meta=dict(page=1), annotation_approver='boss'), dict(id=3), {OTHER_KEYS: 1, ENTITY_KEYS: 2}),
    (dict(id=3, text=EU, meta={}, annotation_approver=None, labels=TUPLES), dict(id=3), {}),
    (dict(id=3, text=EU, labels=[[0, 2, 7]]), dict(id=3, entities=[Entity('7', 0, 2)]), {NUMBER: 1}),
    # 1.4, whose metadata stand beside the rest; 1.8 without and with relations
    (dict(id=3, data=EU, label=TUPLES, page=1), dict(id=3), {OTHER_KEYS: 1}),
    (dict(id=3, text=EU, label=TUPLES, Comments=[]), dict(id=3), {}),
    (dict(id=3, text=EU, entities=OBJECTS, relations=[RELATION], Comments=['?']),
     dict(id=3, relations=[Relation('of', 1, 0)]), {OTHER_KEYS: 1}),
    # a project of intents and slots; a text without any label; one that is not yet labeled
    (dict(id=3, text=EU, cats=['a'], entities=TUPLES), dict(id=3), {OTHER_KEYS: 1}),
    (dict(id='x', text=EU, label=[]), dict(id='x', entities=[]), {}),
    (dict(text=EU), dict(entities=[]), {WITHOUT_GOLD: 1}),
    (dict(text=EU, label=None, relations=None), dict(entities=[]), {WITHOUT_GOLD: 1})])
def test_layouts(read, line, expected, counts):
    record, found = read(line)
    assert record == dict(text=EU, entities=ENTITIES, relations=[], line=1) | expected
    assert found == counts


def test_several_annotators(read):
    first, second = OBJECTS
    record, counts = read(dict(text=EU, annotations=[
        second, old(first, id=1), old(second, id=2, user=2), old(first, id=3, user=2), old(first, id=4, label='PER')],
        relations=[dict(from_id=3, to_id=2, type='of')]))
    assert record['entities'] == [ENTITIES[1], ENTITIES[0], Entity('PER', 0, 2)]
    assert record['relations'] == [Relation('of', 1, 0)]
    assert counts == {'entity given more than once (kept once)': 2, ENTITY_KEYS: 4}


def test_relations_of_entities_that_are_not_there(read):
    record, counts = read(dict(text=EU, entities=OBJECTS, relations=[
        RELATION | dict(to_id=8), RELATION | dict(to_id='7'), RELATION | dict(type=5)]))
    assert record['relations'] == [Relation('5', 1, 0)]
    assert counts == {'relation of an entity that is not there (left out)': 2, NUMBER: 1}


def test_what_offsets_count(read, write):
    line = dict(text=EMOJI, label=[[8, 15, 'x'], [22, 32, 'y']])
    start = EMOJI.index('firetrucks')
    for arguments, counted in ((dict(offset_unit='utf-16', strict=True), 0), ({}, 2)):
        record, counts = read(line, **arguments)
        assert record['entities'] == [Entity('x', 5, 12), Entity('y', start, start + 10)]
        assert list(counts.values()) == [counted] * bool(counted)
    record, _ = read(line | dict(label=[[start, start + 10, 'y']]), offset_unit='code point', strict=True)
    assert record['entities'] == [Entity('y', 19, 29)]
    assert "give offset_unit='utf-16', else 'code point'" in refusal(DoccanoReader(strict=True), write(line))
    record, counts = read(dict(text='ab 🚒', label=[[0, 2, 'x']]), strict=True)
    assert record['entities'] == [Entity('x', 0, 2)]


@pytest.mark.parametrize(('span', 'unit'), [([0, 1], None), ([1, 2], 'utf-16'), ([0, 5], None), ([0, 4], 'code point')])
def test_offsets_that_lie_within_a_character_or_outside(write, span, unit):
    message = refusal(DoccanoReader(offset_unit=unit), write(dict(text='🚒ab', label=[[*span, 'x']])))
    assert f'offsets up to {3 if unit == "code point" else 4}; ' in message and '`offset_unit`' in message


def test_offset_unit_is_checked():
    with pytest.raises(InputError, match="unknown offset_unit='bytes'; give 'code point' or 'utf-16'"):
        DoccanoReader(offset_unit='bytes')


def test_unsorted_nested_and_crossing_spans_and_blanks_at_the_edge(read):
    record, _ = read(dict(text='ab cd', label=[[3, 5, 'x'], [0, 4, 'y'], [2, 5, 'x'], [0, 5, '']]), strict=True)
    assert record['entities'] == [Entity('x', 3, 5), Entity('y', 0, 4), Entity('x', 2, 5), Entity('', 0, 5)]


def test_byte_order_mark_and_line_ends(write):
    file = write(b'\xef\xbb\xbf\r', dict(text='a\r\n\u2028b', label=[]), b'\t\r', dict(text='', label=[]), b'')
    assert [(record['text'], record['line']) for record in DoccanoReader(strict=True)(file)] == [
        ('a\r\n\u2028b', 2), ('', 4)]


@pytest.mark.parametrize(('line', 'reason'), [
    (b'{"text": "a"', 'not valid JSON'), (b'{"text": "a", "text": "b"}', "the key 'text' stands twice"),
    (b'{"text": "\xff"}', 'not UTF-8'), ([], 'expected an object'), (dict(text=1), 'expected an object'),
    (dict(data=None), 'expected an object'), (dict(text='a', label=[], labels=[]), 'under one key'),
    (dict(text='a', label={}), '"label" must be a list'), (dict(text='a', annotations='b'), '"annotations" must be'),
    (dict(text='a', label=[], relations={'a': 1}), '"relations" must be a list'),
    *((dict(text='abc', labels=[item]), reason) for item, reason in (
        (7, 'is no entity'), ('0 1', 'is no entity'), ([0, 1], 'is no entity'), ([0, 1, 'x', 'a'], 'is no entity'),
        ([0, 4, 'x'], 'does not fit'), ([1, 1, 'x'], 'does not fit'), ([2, 1, 'x'], 'does not fit'),
        ([-1, 1, 'x'], 'does not fit'), ([False, True, 'x'], 'does not fit'), ([0.0, 1, 'x'], 'does not fit'),
        (['0', '1', 'x'], 'does not fit'), ([0, [], 'x'], 'does not fit'), ([0, 10 ** 400, 'x'], 'does not fit'),
        ({}, 'does not fit'), (dict(label='x', start_offset=0), 'does not fit'),
        ([0, 1, None], 'is no string'), ([0, 1, True], 'is no string'), ([0, 1, ['x']], 'is no string'),
        (dict(start_offset=0, end_offset=1), 'is no string'),
        (dict(id=True, label='x', start_offset=0, end_offset=1), 'the id of'),
        (dict(id=[1], label='x', start_offset=0, end_offset=1), 'the id of'))),
    (dict(text=EU, entities=[*OBJECTS, OBJECTS[0]]), 'the id of'),
    *((dict(text=EU, entities=OBJECTS, relations=[item]), reason) for item, reason in (
        (7, 'is no relation'), ({}, 'is no relation'), ([9, 7, 'of'], 'is no relation'),
        (RELATION | dict(from_id=True), 'is no relation'), (RELATION | dict(to_id=[7]), 'is no relation'),
        (RELATION | dict(type=None), 'is no string')))])
def test_mistakes(write, line, reason):
    file = write(dict(text='', label=[]), b'', line)
    assert reason in refusal(DoccanoReader(), file, 3)


@pytest.mark.parametrize('content', [b'', b' \r\n', b'\xef\xbb\xbf'])
def test_empty_and_missing_files(write, tmp_path, content):
    assert 'the file is empty' in refusal(DoccanoReader(), write(content))
    assert 'No such file' in refusal(DoccanoReader(), tmp_path / 'none.jsonl')


def test_mutated_files_are_read_or_refused(tmp_path):
    random, outcomes = Random(1), []
    with open(tmp_path / 'all.jsonl', 'wb', buffering=0) as stream:
        for _ in range(5000):
            text = 'ab' + strange_text(random, 4)
            entities = [dict(id=7, label='x', start_offset=0, end_offset=1),
                        dict(id=9, label='x', start_offset=0, end_offset=2)]
            line = mutated(random, dict(id=1, text=text, relations=[RELATION], entities=entities))
            stream.seek(0)
            stream.write(b'{"text": "a", "label": [[0, 1, "x"]]}\n' + line)
            stream.truncate()
            with shown(line):
                outcomes.append(check(stream.name, line.count(b'\n') + 2))
    assert outcomes.count('read') > 500 and outcomes.count('refused') > 2000


def check(file: str, num_lines: int) -> str:
    try:
        for record in DoccanoReader()(file):
            entities = record['entities']
            assert all(0 <= entity.start < entity.end <= len(record['text']) for entity in entities)
            assert all(0 <= end < len(entities) for relation in record['relations'] for end in relation[1:])
    except InputError as error:
        check_message(str(error))
        place, _, number = str(error).split(': ')[0].rpartition(':')
        assert place == file and 2 <= int(number) <= num_lines
        return 'refused'
    return 'read'


def test_a_long_text(read):
    text = '北京大学王🚒' * 20_000
    label = [[place, place + 4, 'x'] for place in range(0, 7 * 20_000, 7)]
    record, _ = read(dict(text=text, label=label), offset_unit='utf-16', strict=True)
    assert record['text'] == text
    assert record['entities'] == [Entity('x', place, place + 4) for place in range(0, len(text), 6)]
