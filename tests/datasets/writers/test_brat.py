from random import Random

import pytest

from mmner.datasets import BratReader, BratWriter
from mmner.structures import Entity, Relation
from mmner.utils import InputError
from tests.datasets.writers.records import full_record, strange_records

BREAKS = {*'\t\n\v\f\r\x1c\x1d\x1e\x85\u2028\u2029'}


@pytest.fixture
def written(tmp_path):
    """Writes records; the bytes of the files by path, and the counts."""
    def run(*records, **arguments) -> tuple[dict[str, bytes], dict]:
        writer, folder = BratWriter(**arguments), tmp_path / 'new' / 'out'
        writer(records, folder)
        assert [path.name for path in folder.parent.iterdir()] == ['out']
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob('*.*')
                 if path.is_file()}
        return files, writer.report.counts
    return run


def test_by_hand(written):
    files, counts = written(full_record())
    assert files == {'doc/7.txt': b'aching in legs and shoulders of Ann', 'doc/7.ann': (
        b'T1\tsymptom 0 9;19 28\taching in shoulders\nT2\tsymptom 0 14\taching in legs\nT3\tplace 10 14\tlegs\n'
        b'T4\tname 32 35\tAnn\nR1\tof Arg1:T1 Arg2:T4\nR2\tpart Arg1:T3 Arg2:T2\n')}
    assert counts == {'score of an entity (left out)': 4}


def test_spans_are_cut_at_line_ends(written):
    text = 'ab\r\n\ncd\te\u2028f'
    files, _ = written(dict(text=text, entities=[Entity('x', 0, len(text))]), strict=True)
    assert files == {'00000001.txt': text.encode(), '00000001.ann': b'T1\tx 0 2;5 7;8 9;10 11\tab cd e f\n'}


def test_what_brat_cannot_hold_is_counted(written, tmp_path):
    text = 'a\nb\ud800c'
    record = dict(text=text, entities=[
        Entity('two words', 0, 1), Entity('', 0, 1), Entity('\ud800', 0, 1), Entity('x', 1, 2), Entity('x', 1, 5),
        Entity('y', 0, 3, fragments=((0, 1), (2, 3)))],
        relations=[Relation('r', 4, 5), Relation('r', 0, 4), Relation('a b', 4, 5)])
    files, counts = written(record)
    assert files['00000001.txt'].decode() == 'a\nb\ufffdc'
    assert files['00000001.ann'].decode() == (
        'T1\tx 2 5\tb\ufffdc\nT2\ty 0 1;2 3\ta b\nR1\tr Arg1:T1 Arg2:T2\n')
    assert counts == {'entity with a label that is not one word (left out)': 3,
                      'entity of nothing but line ends (left out)': 1,
                      'line ends at the edge of an entity or alone between its fragments (not kept)': 2,
                      'relation of an entity that is left out (left out)': 1,
                      'relation with a label that is not one word (left out)': 1,
                      'lone surrogates (written as U+FFFD)': 1}


def test_the_place_of_a_discontinuous_entity_tells_its_stretches(written):
    with pytest.raises(InputError, match="'y' 'a … b': line ends at the edge"):
        written(dict(text='a\nb', entities=[Entity('y', 0, 3, fragments=((0, 1), (2, 3)))]), strict=True)


@pytest.mark.parametrize('name', ['a', 'a b', 'a/b.c/王', 7, 'x' * 200, 'Console', 'com', 'com10', 'a.con'])
def test_ids_that_are_paths_name_the_documents(written, name):
    files, _ = written(dict(id=name, text='', entities=[]), strict=True)
    assert sorted(files) == [f'{name}.ann', f'{name}.txt']


def test_ids_that_are_numbers_come_back_as_strings_in_their_order(tmp_path):
    BratWriter(strict=True)([dict(id=number, text='', entities=[]) for number in range(1, 13)], tmp_path / 'out')
    assert [record['id'] for record in BratReader()(tmp_path / 'out')] == [str(number) for number in range(1, 13)]


@pytest.mark.parametrize('name', ['', '.', '../a', '/a', 'a//b', 'a/', 'a/.', '.a', ' a', 'a ', 'C:a', 'a\\b', 'a\nb',
                                  'a\0', 'a*', '\ud800', 'b.txt', 'b.ANN/c', 'b', 'B', 'x' * 201, 'a/../../b',
                                  'CON', 'nul', 'a/Prn', 'aux/b', 'com1', 'LPT9.a.b', 'COM³', 'con .a'])
def test_other_ids_are_counted(written, name):
    files, counts = written(dict(id='b', text='first', entities=[]), dict(id=name, text='second', entities=[]))
    assert sorted(files) == ['00000002.ann', '00000002.txt', 'b.ann', 'b.txt'] and files['00000002.txt'] == b'second'
    assert counts == {'id that is no safe or no free path (the document is named by its number)': 1}


def test_a_number_that_is_taken(written):
    files, counts = written(dict(id='00000002', text='first', entities=[]), dict(text='second', entities=[]))
    assert files['00000002.txt'] == b'first' and files['00000002_.txt'] == b'second' and not counts


def test_all_or_nothing(tmp_path):
    records = [dict(text='ab', entities=[]), full_record() | dict(where='in:2')]
    with pytest.raises(InputError, match=r'in:2.*score .*strict=True'):
        BratWriter(strict=True)(records, tmp_path / 'out')
    assert not list(tmp_path.iterdir())


def test_an_empty_folder_is_filled_and_no_other(tmp_path):
    folder = tmp_path / 'out'
    folder.mkdir()
    BratWriter()([dict(id='a', text='ab', entities=[])], folder)
    assert sorted(path.name for path in folder.iterdir()) == ['a.ann', 'a.txt']
    for path in (folder, folder / 'a.txt'):
        with pytest.raises(InputError, match='is there already and no empty folder'):
            BratWriter()([dict(text='ab', entities=[])], path)
    assert sorted(path.name for path in folder.iterdir()) == ['a.ann', 'a.txt'] and len(list(tmp_path.iterdir())) == 1
    with pytest.raises(InputError, match='a.txt/out: cannot be made'):
        BratWriter()([], folder / 'a.txt' / 'out')


def test_round_trip(tmp_path):
    random = Random(1)
    full = full_record()
    records = [full | dict(entities=[entity._replace(score=None) for entity in full['entities']])]
    for number, record in enumerate(strange_records(random, 700, overlap=True)):
        entities = [entity for entity in record['entities']
                    if not {record['text'][entity.start], record['text'][entity.end - 1]} & BREAKS]
        relations = [Relation('r', random.randrange(len(entities)), place) for place in range(len(entities))]
        records.append(dict(id=f'strange/{number:03}', text=record['text'], entities=entities, relations=relations))
    BratWriter(strict=True)(records, tmp_path / 'out')
    found = list(BratReader(strict=True)(tmp_path / 'out'))
    keys = ('id', 'text', 'entities', 'relations')
    assert [[record[key] for key in keys] for record in found] == [[record[key] for key in keys] for record in records]
    assert sum(len(record['entities']) for record in records) > 700
