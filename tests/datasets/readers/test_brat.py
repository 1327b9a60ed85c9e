from pathlib import Path
from random import Random
from time import process_time

import pytest

from mmner.datasets import BratReader
from mmner.structures import Entity, Relation
from mmner.utils import InputError
from tests.strange import break_bytes, check_message, refusal, shown

TEXT = 'Sony formed a joint venture with Ericsson.\nBoth are big.\n'
ANNOTATIONS = """T1\tOrganization 0 4\tSony
T2\tMERGE-ORG 14 27\tjoint venture
T3\tOrganization 33 41\tEricsson
E1\tMERGE-ORG:T2 Org1:T1 Org2:T3
T4\tCountry 0 11;20 27\tSony formed venture
*\tAlias T1 T3
R1\tPartner Arg1:T1 Arg2:T3\t
A1\tNegation E1
A2\tConfidence E1 L1
M1\tSpeculation E1
N1\tReference T1 Wikipedia:534366\tSony
#1\tAnnotatorNotes T1\tthis annotation is suspect
"""


@pytest.fixture
def write(tmp_path):
    """Writes files given by path and content into a folder."""
    def run(files: dict[str, str | bytes]) -> str:
        for path, content in files.items():
            file = tmp_path / 'corpus' / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(tmp_path / 'corpus')
    return run


@pytest.fixture
def read(write):
    """Reads one document; gives its record and the counts."""
    def run(text, annotations, **arguments) -> tuple[dict, dict]:
        reader = BratReader(**arguments)
        record, = reader(write({'a.txt': text, 'a.ann': annotations}) + '/a.txt')
        return record, reader.report.counts
    return run


def test_the_example_of_the_format(read):
    record, counts = read(TEXT, ANNOTATIONS)
    assert record == dict(id='a', text=TEXT, line=1, relations=[Relation('Partner', 0, 2)], entities=[
        Entity('Organization', 0, 4), Entity('MERGE-ORG', 14, 27), Entity('Organization', 33, 41),
        Entity('Country', 0, 27, fragments=((0, 11), (20, 27)))])
    assert counts == {'event (left out)': 1, 'equivalence (left out)': 1, 'attribute (left out)': 2,
                      'modification (left out)': 1, 'normalization (left out)': 1, 'note (left out)': 1}


def test_a_folder(write):
    folder = write({'b/2.txt': 'two', 'b/2.ann': 'T1\tx 0 3\ttwo', 'a b.txt': '', 'a b.ann': '', 'b.1.txt': 'x',
                    'c/lost.ann': ANNOTATIONS, 'read.me': 'no document'})
    reader = BratReader()
    assert list(reader(folder)) == [
        dict(id='a b', text='', entities=[], relations=[], line=1),
        dict(id='b/2', text='two', entities=[Entity('x', 0, 3)], relations=[], line=2),
        dict(id='b.1', text='x', entities=[], relations=[], line=3)]
    assert dict(reader.report.places) == {'.ann without a .txt (left out)': [f'{folder}/c/lost.ann'],
                                          '.txt without an .ann (a text without gold)': [f'{folder}/b.1.txt']}
    assert list(reader(f'{folder}/b/2.ann')) == list(reader(f'{folder}/b/2.txt')) == [
        dict(id='2', text='two', entities=[Entity('x', 0, 3)], relations=[], line=1)]


def test_links_to_folders_are_followed_and_capitals_counted(write, tmp_path):
    folder = write({'a.txt': 'x', 'a.ann': '', 'B.TXT': 'lost', 'B.ANN': '', 'read.ME': ''})
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere/c.txt').write_text('y')
    Path(folder, 'link').symlink_to(tmp_path / 'elsewhere')
    (tmp_path / 'elsewhere/back').symlink_to(folder)
    reader = BratReader()
    assert [record['id'] for record in reader(folder)] == ['a', 'link/c']
    assert reader.report.counts == {'.txt or .ann in other than lower case (left out)': 2,
                                    '.txt without an .ann (a text without gold)': 1}


def test_numbers_in_paths_are_sorted_by_value(write):
    names = ['2', '02', '10', 'a', 'a1/b', 'a2/9', 'a2/9x', 'a2/10', 'a10/1']
    folder = write({f'{name}.txt': '' for name in reversed(names)})
    assert [record['id'] for record in BratReader()(folder)] == ['02', '2', *names[2:]]


def test_files_that_are_read(write, tmp_path):
    folder = write({'a.txt': '', 'b/c.txt': '', 'b/c.ann': ''})
    for name in ('a.txt', 'a.ann'):
        assert BratReader().files_of(f'{folder}/{name}') == [tmp_path / 'corpus/a.txt', tmp_path / 'corpus/a.ann']
    assert sorted(BratReader().files_of(folder)) == [
        tmp_path / 'corpus' / name for name in ('a.ann', 'a.txt', 'b/c.ann', 'b/c.txt')]


@pytest.mark.parametrize('text', ['one\ntwo', 'one\n\n  two', 'one\r\ntwo', 'one \u2028 two', 'one\ttwo'])
def test_fragments_between_line_ends_are_one_stretch(read, text):
    two = text.index('two')
    record, _ = read(text, f'T1\tx 0 3;{two} {two + 3}\tone two', strict=True)
    assert record['entities'] == [Entity('x', 0, two + 3)]
    record, _ = read(text + ' six', f'T1\tx 0 3;{two} {two + 3};{two + 4} {two + 7}\tone two six', strict=True)
    assert record['entities'] == [Entity('x', 0, two + 7, fragments=((0, two + 3), (two + 4, two + 7)))]


@pytest.mark.parametrize('string', ['\tone two', '\tonetwo', '', '\tone  two'])
def test_strings_that_stand_at_their_span(read, string):
    """With or without a blank between fragments, as brat has written them; with a blank for a line end; none."""
    text = 'one\ntwo' if string == '\tone  two' else 'one, two'
    spans = '0 3;3 7' if string == '\tone  two' else '0 3;5 8'
    record, counts = read(text, f'T1\tx {spans}{string}')
    assert len(record['entities']) == 1 and not {kind for kind in counts if kind.startswith('string')}


@pytest.mark.parametrize(('content', 'offsets', 'text', 'entity', 'counted'), [
    ('a\r\nb c', '3 4', 'a\r\nb c', (3, 4), 0), ('a\r\nb c', '2 3', 'a\nb c', (2, 3), 1),
    ('\ufeffa b', '3 4', '\ufeffa b', (3, 4), 0), ('\ufeffa b', '2 3', 'a b', (2, 3), 1),
    *(('\ufeffa\r\nc\r\nb', f'{start} {start + 1}', text, (start, start + 1), int(start < 7)) for start, text in (
        (7, '\ufeffa\r\nc\r\nb'), (6, 'a\r\nc\r\nb'), (5, '\ufeffa\nc\nb'), (4, 'a\nc\nb')))])
def test_what_offsets_count_is_told_by_the_strings(read, content, offsets, text, entity, counted):
    record, counts = read(content, f'T1\tx {offsets}\tb\r\n')
    assert record['text'] == text and record['entities'] == [Entity('x', *entity)]
    assert list(counts.values()) == [1] * counted


def test_most_strings_decide(read):
    text = 'b\r\na\r\nb'
    record, counts = read(text, 'T1\tx 3 4\ta\nT2\tx 6 7\tb\nT3\tx 4 5\tb')
    assert record['text'] == text and list(counts.values()) == [1]


def test_offsets_count_code_points(read):
    record, _ = read('𠮷👩\u200d🚀 e\u0301\u2028王', 'T1\tx 0 1\t𠮷\nT2\tx 8 9\t王', strict=True)
    assert record['entities'] == [Entity('x', 0, 1), Entity('x', 8, 9)]


def test_nested_crossing_and_unsorted_spans_and_blanks_at_the_edge(read):
    record, _ = read('ab cd', 'T9\tx 3 5\tcd\n\nT2\ty 0 4\tab c\n \nT1\tx 2 5\t cd\n', strict=True)
    assert record['entities'] == [Entity('x', 3, 5), Entity('y', 0, 4), Entity('x', 2, 5)]


def test_relations(read):
    record, counts = read('a b', 'R1\tr Arg2:T1 Arg1:T2\nR2\tr From:T1 To:T2\nT1\tx 0 1\ta\nT2\tx 2 3\tb\n'
                                 'R3\tr Arg1:E1 Arg2:T2\nR4\tr Arg1:T1 Arg2:T7\nR5\tr Arg1:T2 Arg2:T2')
    assert record['relations'] == [Relation('r', 1, 0), Relation('r', 0, 1), Relation('r', 1, 1)]
    assert counts == {'arguments of a relation other than Arg1 and Arg2 (their names are left out)': 1,
                      'relation of an event or of an id that is not there (left out)': 2}


@pytest.mark.parametrize(('line', 'entity', 'kind'), [
    ('T1\tx 0 2\tAB', Entity('x', 0, 2), 'string differs'),
    ('T1\tx 3 5;0 2\tcd ab', Entity('x', 0, 5, fragments=((0, 2), (3, 5))), 'fragments that touch'),
    ('T1\tx 0 3;2 5\tab  cd', Entity('x', 0, 5), 'fragments that touch'),
    ('T1\tx 0 2;2 4\tab  c', Entity('x', 0, 4), 'fragments that touch')])
def test_repairs_are_counted(read, write, line, entity, kind):
    record, counts = read('ab cd', '\n' + line)
    assert record['entities'] == [entity] and len(counts) == 1 and list(counts)[0].startswith(kind)
    assert 'strict=True' in refusal(BratReader(strict=True), write({}) + '/a.ann', 2)


@pytest.mark.parametrize(('line', 'reason'), [
    *((line, 'is no entity; one is') for line in (
        'T1', 'T1 x 0 1 a', 'T1\t', 'T1\tx', 'T1\tx 0\ta', 'T1\tx 0 1 2\ta', 'T1\tx y 0 1\ta', 'T1\tx -1 1\ta',
        'T1\tx 0 1.0\ta', 'T1\tx 0 ١\ta', 'T1\tx 0 True\ta', 'T1\tx 0 1;\ta', 'T1\tx 0 1;2\ta', 'T1\t 0 1\ta',
        'T1\tx 0 ' + '9' * 5000)),
    *((f'T1\tx {spans}\ta', 'does not fit a text of 5 characters') for spans in (
        '0 6', '2 1', '1 1', '0 1;4 9', '0 1;3 3', '0 ' + '9' * 15)),
    *((line, 'is no relation; one is') for line in (
        'R1', 'R1\tr', 'R1\tr Arg1:T0', 'R1\tr T0 T0', 'R1\tr Arg1:T0 Arg2:T0 Arg3:T0', 'R1\tr Arg1:T0 Arg2:T0\tx')),
    ('T0\tx 0 1\ta', "the id 'T0' stands twice"), ('X1\tx', 'is no line of brat'), ('王', 'is no line of brat')])
def test_mistakes(write, line, reason):
    folder = write({'b/a.txt': 'ab cd', 'b/a.ann': f'\ufeffT0\ty 0 1\ta\r\n\r\n{line}\r\n'})
    assert reason in refusal(BratReader(), f'{folder}/b/a.ann', 3)


def test_not_utf8_missing_and_empty(write, tmp_path):
    folder = write({'a.txt': b'one\ntwo \xff', 'a.ann': b'', 'b/b.txt': 'a', 'b/b.ann': b'T1\tx 0 1\ta\n\n#\xff',
                    'c/read.me': ''})
    assert refusal(BratReader(), folder).startswith(f'{folder}/a.txt:2: not UTF-8')
    assert refusal(BratReader(), f'{folder}/b').startswith(f'{folder}/b/b.ann:3: not UTF-8')
    assert 'no .txt file in this folder' in refusal(BratReader(), f'{folder}/c')
    for path in ('none.txt', 'none.ann'):
        with pytest.raises(InputError, match='none.txt: No such file'):
            list(BratReader()(tmp_path / path))


def test_mutated_files_are_read_or_refused(tmp_path):
    random, outcomes = Random(1), []
    with open(tmp_path / 'a.txt', 'wb', buffering=0) as text_file, open(tmp_path / 'a.ann', 'wb', buffering=0) as file:
        for _ in range(2000):           # without closing them, upon which the file system would wait for the disk
            text, annotations = bytearray(TEXT.encode()), bytearray(ANNOTATIONS.encode())
            for _ in range(random.choice([1, 1, 2, 4])):
                break_bytes(random, annotations if random.random() < 0.9 else text)
            for stream, content in ((text_file, text), (file, annotations)):
                stream.seek(0)
                stream.write(content)
                stream.truncate()
            with shown((text, annotations)):
                outcomes.append(check(tmp_path, annotations.count(b'\n') + 1))
    assert outcomes.count('read') > 300 and outcomes.count('refused') > 300


def check(folder: Path, num_lines: int) -> str:
    try:
        record, = BratReader()(folder)
    except InputError as error:
        check_message(str(error))
        file, number = str(error).split(': ')[0].rsplit(':', 1)
        assert file in (f'{folder}/a.txt', f'{folder}/a.ann') and 1 <= int(number) <= num_lines
        return 'refused'
    size = len(record['text'])
    assert all(0 <= start < end <= size for entity in record['entities'] for start, end in entity.stretches)
    assert all(0 <= end < len(record['entities']) for relation in record['relations'] for end in relation[1:])
    return 'read'


def test_a_long_document(read):
    text = '北京大学王\r\n' * 20_000
    lines = [f'T{number}\tx {place} {place + 4}\t北京大学\nR{number}\tr Arg1:T{number} Arg2:T0'
             for number, place in enumerate(range(0, len(text), 7))]
    begin = process_time()
    record, _ = read(text, '\n'.join(lines), strict=True)
    assert process_time() - begin < 3
    assert record['text'] == text and len(record['entities']) == len(record['relations']) == 20_000
    gap = f'T0\tx 0 1;{len(text)} {len(text) + 1}\tx x'
    record, _ = read(f'x{text[1:]}x', gap, strict=True)
    assert record['entities'][0].fragments == ((0, 1), (len(text), len(text) + 1))
