import json

import pytest

from mmner.datasets import CLUENERReader
from mmner.structures import Entity
from mmner.utils import InputError
from tests.strange import refusal

TEXT = '彭小军在彭小军家'


@pytest.fixture
def write(tmp_path):
    """Writes bytes, or lines given as JSON values, and returns the file."""
    def run(*lines) -> str:
        parts = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
        file = tmp_path / 'train.json'
        file.write_bytes(b'\n'.join(parts))
        return str(file)
    return run


@pytest.mark.parametrize(('name', 'texts', 'spans', 'unique'), [
    ('train', 10748, 23972, 23338), ('dev', 1343, 3072, 2982)])
def test_counts_of_the_corpus(shared, name, texts, spans, unique):
    reader = CLUENERReader(strict=True)
    records = list(reader(shared / f'data/cluener/{name}.json'))
    assert len(records) == texts
    assert [record['line'] for record in records] == list(range(1, texts + 1))
    assert sum(len(record['entities']) for record in records) == spans
    assert sum(len({(entity.label, record['text'][entity.start:entity.end]) for entity in record['entities']})
               for record in records) == unique


def test_half_open_offsets_in_the_order_of_the_file(write):
    file = write({'text': TEXT, 'label': {
        'name': {'彭小军': [[4, 6], [0, 2]]}, 'address': {'家': [[7, 7]]}, 'game': {}}})
    assert list(CLUENERReader(strict=True)(file)) == [dict(text=TEXT, line=1, entities=[
        Entity('name', 4, 7), Entity('name', 0, 3), Entity('address', 7, 8)])]


def test_repeated_spans_are_kept(write):
    file = write({'text': TEXT, 'label': {'name': {'彭小军': [[0, 2], [0, 2]]}}})
    assert next(CLUENERReader()(file))['entities'] == [Entity('name', 0, 3)] * 2


def test_lines_end_at_newlines_alone(write):
    text = '甲\u2028乙\x85\u2029\x0b丙'
    line = json.dumps({'text': text, 'label': {'name': {'丙': [[6, 6]]}}}, ensure_ascii=False).encode()
    file = write(b'\xef\xbb\xbf' + line + b'\r', b'\r', b'  ', line, b'')
    first, second = CLUENERReader(strict=True)(file)
    assert first == dict(text=text, line=1, entities=[Entity('name', 6, 7)])
    assert second == first | dict(line=4)


def test_offsets_count_code_points(write):
    file = write('{"text": "😀\\ud800甲", "label": {"name": {"甲": [[2, 2]]}}}'.encode())
    assert list(CLUENERReader(strict=True)(file)) == [dict(text='😀\ud800甲', line=1, entities=[Entity('name', 2, 3)])]


def test_records_come_one_by_one(write):
    """The first is there before the second line, which cannot be read, is looked at."""
    records = CLUENERReader()(write({'text': 'a', 'label': {}}, b'{'))
    assert next(records)['text'] == 'a'
    with pytest.raises(InputError, match='train.json:2: not valid JSON'):
        next(records)


@pytest.mark.parametrize('content', [b'', b'\n \r\n\t\n', b'\xef\xbb\xbf', b'\xef\xbb\xbf\n'])
def test_empty_file(write, content):
    assert ': the file is empty' in refusal(CLUENERReader(), write(content))


def test_missing_file_and_folder(tmp_path):
    assert ': No such file' in refusal(CLUENERReader(), tmp_path / 'none.json')
    assert ': Is a directory' in refusal(CLUENERReader(), tmp_path)


@pytest.mark.parametrize(('line', 'reason'), [
    (b'{"text": "\xff"}', 'not UTF-8 (invalid start byte at byte 10)'),
    (b'\xef\xbb\xbf{"text": "a"}', 'not valid JSON'),                               # a second file was appended
    (b'{"text": "a"', 'not valid JSON'),
    (b'{"text": "a"} {"text": "b"}', 'not valid JSON (Extra data'),
    (b'[' * 100_000, 'not valid JSON'),
    (b'{"text": "a", "label": {"x": {"a": [[' + b'1' * 5000 + b', 2]]}}}', 'not valid JSON'),
    (b'{"text": "aa", "label": {"x": {"a": [[0, 0]], "a": [[1, 1]]}}}', "the key 'a' stands twice"),
    (b'{"text": "a", "label": {"x": {}, "y": {}, "x": {"a": [[0, 0]]}}}', "the key 'x' stands twice"),
    ([], 'expected an object with a string "text", found []'),
    ('\n\u2028', 'expected an object'),
    (None, 'expected an object'),
    ({'label': {}}, 'expected an object'),
    ({'text': None}, 'expected an object'),
    ({'text': ['a', 'b']}, 'expected an object'),
])
def test_unreadable_line(write, line, reason):
    file = write({'text': 'a', 'label': {}}, b'', line)
    assert reason in refusal(CLUENERReader(), file, 3)


@pytest.mark.parametrize('label', [
    [], None, 0, True, 'name', [[0, 2, 'name']], {'name': None}, {'name': []}, {'name': [[0, 2]]}, {'name': '彭小军'},
    *({'name': {'彭小军': places}} for places in (
        None, 0, '', '02', {}, {'02': 1}, [0, 2], ['02'], [None], [[]], [[0]], [[0, 1, 2]], [{'0': 0, '2': 2}],
        [['0', '2']], [[0, None]], [[0.0, 2]], [[0, 2.0]], [[False, 2]], [[0, True]], [[0, 2], [4.0, 6.0]],
        [[0, 2], '46'], [[0, [2]]], [[0, float('nan')]])),
    {'a\nb\u2028\ud800': None},
])
def test_malformed_label(write, label):
    file = write({'text': 'a', 'label': {}}, json.dumps({'text': TEXT, 'label': label}).encode())
    assert '"label" must be {category: {string: [[start, inclusive end]' in refusal(CLUENERReader(), file, 2)


@pytest.mark.parametrize('span', [[-1, 2], [-3, -1], [2, 0], [3, 2], [5, 8], [8, 8], [0, 10**30]])
def test_span_outside_the_text(write, span):
    file = write({'text': TEXT, 'label': {'a\nb': {'彭\n': [span]}}})
    assert f"'a\\nb' '彭\\n' at {span} does not fit a text of 8 characters" in refusal(CLUENERReader(), file, 1)


def test_a_span_counted_from_the_end(write):
    """Python would find these strings there."""
    for string, span in (('军', [-2, -2]), ('', [-1, -1]), ('彭小军', [-8, -6])):
        file = write({'text': TEXT, 'label': {'x': {string: [span]}}})
        assert 'does not fit a text of 8 characters' in refusal(CLUENERReader(), file)


def test_a_message_does_not_repeat_a_long_string(write):
    string = '彭' * 1_000_000
    message = refusal(CLUENERReader(), write({'text': string, 'label': {string: {string: [[0, 1_000_000]]}}}))
    assert f"train.json:1: '{'彭' * 59} '{'彭' * 59} at [0, 1000000] does not fit a text of 1000000" in message
    reader = CLUENERReader()
    list(reader(write({'text': string, 'label': {string: {string: [[0, 1]], 'x' + string: []}}})))
    assert all(len(line) < 1000 for line in reader.report.lines()) and len(reader.report.lines()) == 2
    twice = b'{"text": "", "label": {"%b": 1, "%b": 1}}' % (2 * (string.encode(), ))
    assert 'stands twice' in refusal(CLUENERReader(), write(twice))


def test_span_in_an_empty_text(write):
    assert list(CLUENERReader()(write({'text': '', 'label': {}}))) == [dict(text='', line=1, entities=[])]
    assert 'a text of 0 characters' in refusal(CLUENERReader(), write({'text': '', 'label': {'x': {'': [[0, 0]]}}}))


@pytest.mark.parametrize(('record', 'entities', 'kind', 'place'), [
    ({'text': TEXT, 'label': {'x': {'彭小': [[0, 2]]}}}, [Entity('x', 0, 3)], 'string differs', "'彭小' / '彭小军'"),
    ({'text': TEXT, 'label': {'name': {'彭小军': []}}}, [], 'string without a span', "'name' '彭小军'"),
    ({'text': TEXT, 'id': 7}, [], 'line without "label"', 'train.json:1'),
])
def test_what_is_repaired_is_counted(write, record, entities, kind, place):
    file = write(record)
    reader = CLUENERReader()
    assert next(reader(file))['entities'] == entities
    assert list(reader.report.counts.values()) == [1]
    (line,) = reader.report.lines()
    assert line.startswith(f'1 x {kind}') and f'{file}:1' in line and place in line
    refusal(CLUENERReader(strict=True), file, 1)


def test_report_counts_every_finding(write):
    wrong = {'text': TEXT, 'label': {'name': {'小军': [[0, 2], [4, 6]]}}}
    reader = CLUENERReader()
    list(reader(write(wrong, {'text': TEXT, 'label': {}}, wrong, {'text': TEXT})))
    assert sorted(reader.report.counts.values()) == [1, 4]
