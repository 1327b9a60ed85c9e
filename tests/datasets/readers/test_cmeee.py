import json

import pytest

from mmner.datasets import CMeEEReader
from mmner.structures import Entity
from tests.strange import refusal

RECORD = dict(text='肺内病变重', entities=[
    dict(start_idx=0, end_idx=0, type='bod', entity='肺'), dict(start_idx=0, end_idx=3, type='sym', entity='肺内病变')])
EXPECTED = dict(text='肺内病变重', entities=[Entity('bod', 0, 1), Entity('sym', 0, 4)])


def as_json(value, **options) -> str:
    return json.dumps(value, ensure_ascii=False, **options)


def test_the_corpus(shared):
    file = shared / 'data/cmeee_nested/CMeEE_dev.json'
    records = list(CMeEEReader(strict=True)(file))
    items = json.loads(file.read_text(encoding='utf8'))
    assert [(record['text'], [(*entity.span, ) for entity in record['entities']]) for record in records] == [
        (item['text'], [(entity['type'], entity['start_idx'], entity['end_idx'] + 1) for entity in item['entities']])
        for item in items]
    assert (len(records), sum(len(record['entities']) for record in records)) == (5000, 20300)
    begins = [number for number, line in enumerate(file.read_text(encoding='utf8').split('\n'), 1) if line == '  {']
    assert [record['line'] for record in records] == begins


@pytest.mark.parametrize(('content', 'lines'), [
    (as_json([RECORD] * 2), [1, 1]),
    (as_json([RECORD] * 2, indent=0), [2, 19]),
    (as_json([RECORD] * 2, indent=0).replace('\n', '\r\n'), [2, 19]),
    ('\ufeff\n\n[\n\n' + as_json(RECORD) + '\n,\n' + as_json(RECORD) + '\n]\n\n', [5, 7]),
    (as_json(RECORD) + '\n' + as_json(RECORD), [1, 2]),
    ('\ufeff' + as_json(RECORD) + '\r\n\r\n' + as_json(RECORD) + '\r\n', [1, 3])])
def test_layouts(write, content, lines):
    assert list(CMeEEReader(strict=True)(write(content))) == [EXPECTED | dict(line=line) for line in lines]


@pytest.mark.parametrize(('second', 'reason'), [
    ('{"text": "a"', 'not valid JSON'), ('{"text": "a",\n"text": "b"}', "the key 'text' stands twice"),
    ('[' * 100_000, 'not valid JSON'), ('7', 'expected an object'), ('{"text": 1}', 'expected an object'),
    (as_json(RECORD | dict(entities={})), '"entities" must be a list'),
    *((as_json(RECORD | dict(entities=[entity])), reason) for entity, reason in (
        (7, 'an entity needs'), ({}, 'an entity needs'), (dict(start_idx=True, end_idx=1, type='a'), 'an entity needs'),
        (dict(start_idx='0', end_idx=1, type='a'), 'an entity needs'),
        (dict(start_idx=0, end_idx=1.0, type='a'), 'an entity needs'),
        (dict(start_idx=0, end_idx=1, type=None), 'an entity needs'),
        (dict(start_idx=0, end_idx=5, type='a'), 'at [0, 5] does not fit a text of 5'),
        (dict(start_idx=-1, end_idx=-1, type='a'), 'at [-1, -1] does not fit'),
        (dict(start_idx=2, end_idx=1, type='a'), 'at [2, 1] does not fit')))])
def test_unreadable_record(write, second, reason):
    for content in (f'[\n{as_json(RECORD)},\n{second}\n]', f'\n{as_json(RECORD)}\n{second}\n'):
        assert reason in refusal(CMeEEReader(), write(content), 3)


@pytest.mark.parametrize(('end', 'line'), [('', 2), (',', 2), (',\n', 3), ('\n{}]', 3), ('] x', 2), (']\n]', 3)])
def test_an_array_that_ends_wrongly(write, end, line):
    file = write(f'[\n{as_json(RECORD)}{end}')
    assert 'the JSON array ends or goes on wrongly' in refusal(CMeEEReader(), file, line)


@pytest.mark.parametrize('content', [b'', b' \r\n', b'\xef\xbb\xbf', b'[]', b'[\n]\n', b'['])
def test_empty_file(write, content):
    assert 'the file is empty' in refusal(CMeEEReader(), write(content))


def test_not_utf8_and_missing(write, tmp_path):
    file = write(b'\xef\xbb\xbf[\n{"text":\n"\xff"}]')
    assert 'not UTF-8' in refusal(CMeEEReader(), file, 3)
    assert 'No such file' in refusal(CMeEEReader(), tmp_path / 'none.json')


def test_what_is_counted(write):
    wrong = RECORD | dict(entities=[dict(start_idx=0, end_idx=3, type='sym', entity='肺内病')])
    file = write('[\n' + ',\n'.join(map(as_json, (wrong, dict(text='a'), RECORD))) + ']')
    reader = CMeEEReader()
    assert [record['entities'] for record in reader(file)] == [[Entity('sym', 0, 4)], [], EXPECTED['entities']]
    assert list(reader.report.counts.values()) == [1, 1]
    differs, without = reader.report.lines()
    assert f"{file}:2: '肺内病' / '肺内病变'" in differs and f'{file}:3' in without
    refusal(CMeEEReader(strict=True), file, 2)
