import copy
import pickle

import numpy as np
import pytest

from mmner.datasets.columns import CHUNK, UnusableRecord, hold
from mmner.structures import Entity

RANDOM = np.random.default_rng(5)


def record_of(line: int) -> dict:
    """A record whose every value depends on `line`; some texts are empty, some hold what UTF-8 cannot."""
    size = line % 4
    return dict(text=''.join('a字\ud800😀'[:size]) * (line % 3), line=line,
                entities=[Entity(f'label{number % 5}', number, number + line) for number in range(size)],
                unit_spans=[(f'label{number % 3}', number, line) for number in range(size // 2)],
                input_ids=RANDOM.integers(0, 9, size).astype(np.int32), sequence_lengths=[line] * (line % 3),
                unit_offsets=RANDOM.integers(0, 2**20, (size, 2)), grid=RANDOM.random((size, 3)))


RECORDS = [record_of(line) for line in range(2 * CHUNK + 7)]


def assert_equal(found: dict, expected: dict):
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        if isinstance(value, np.ndarray):
            assert np.array_equal(found[key], value) and found[key].shape == value.shape, key
        else:
            assert found[key] == value and type(found[key]) is type(value), key


@pytest.fixture(scope='module')
def columns():
    return hold(iter(RECORDS))


def test_records_come_back(columns):
    assert len(columns) == len(RECORDS)
    for found, expected in zip(columns, RECORDS, strict=True):
        assert_equal(found, expected)
    assert all(type(entity) is Entity for entity in columns[3]['entities'])
    assert columns[3]['input_ids'].dtype == np.int32 and columns[3]['grid'].dtype == np.float64
    assert_equal(columns[-1], RECORDS[-1])
    for place in (len(RECORDS), -len(RECORDS) - 1):
        with pytest.raises(IndexError):
            columns[place]


def test_a_batch_is_its_records(columns):
    indices = RANDOM.integers(-len(RECORDS), len(RECORDS), 50).tolist()
    for found, index in zip(columns.records(indices), indices, strict=True):
        assert_equal(found, RECORDS[index])
    assert columns.records([]) == []
    with pytest.raises(IndexError):
        columns.records([0, len(RECORDS)])


def test_records_may_be_changed(columns):
    for record in (columns[7], *columns.records([7, 7])):
        for key in ('input_ids', 'grid'):
            record[key][:] = 77
        record['entities'].clear()
    assert_equal(columns[7], RECORDS[7])


@pytest.mark.parametrize('indices', [slice(3), slice(-4, None), [5, 0, 5, -1], [], slice(5000, None)])
def test_taken(columns, indices):
    expected = np.arange(len(RECORDS))[indices].tolist()
    once = columns.take(indices)
    assert [record['line'] for record in once] == expected == [record['line'] for record in once.records(
        list(range(len(expected))))]
    assert once.lengths('input_ids').tolist() == [line % 4 for line in expected]
    assert [record['line'] for record in once.take(slice(None, None, -1))] == expected[::-1]
    assert len(columns) == len(RECORDS)


def test_lengths(columns):
    assert columns.lengths('text').tolist() == [len(record['text'].encode(errors='surrogatepass'))
                                                for record in RECORDS]


@pytest.mark.parametrize('clone', [copy.deepcopy, lambda columns: pickle.loads(pickle.dumps(columns))])
def test_copies(columns, clone):
    found = clone(columns.take([9, 4]))
    assert len(found) == 2
    assert_equal(found[1], RECORDS[4])


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(more=1), 'one has the keys .*more, those before it have'),
    (dict(text=None), 'NoneType'),
    (dict(line='5'), 'integer'),
    (dict(sequence_lengths=[2**70]), 'too (large|big)'),
    (dict(input_ids=np.array([2**40])), 'an array of int64 and shape .* does not fit the column of int32'),
    (dict(input_ids=np.array([0.5])), 'does not fit'),
    (dict(input_ids=np.array([[1], [2]])), 'dimension'),
    (dict(grid=np.zeros((1, 2))), 'reshape'),
    (dict(unit_spans=[('x', 1)]), 'not enough values'),
])
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(UnusableRecord, match=f'^lines 0 to [25]: .*{message}') as caught:
        hold([record_of(0), record_of(1), record_of(2) | changes])
    assert len(str(caught.value).splitlines()) == 1


def test_a_whole_chunk_of_another_shape_is_refused():
    good, bad = (dict(line=1, ids=np.zeros(shape, int)) for shape in (2, (2, 2)))
    with pytest.raises(UnusableRecord, match=r'shape .* does not fit'):
        hold([good] * CHUNK + [bad] * CHUNK)


@pytest.mark.parametrize('value', [None, 1.5, dict(a=1), ['a'], np.array([None])])
def test_unknown_kinds_are_refused(value):
    with pytest.raises(UnusableRecord, match="'odd' is a .*; only str, int"):
        hold([dict(line=1, odd=value)])


def test_smaller_and_wider_numbers_that_fit_are_taken():
    columns = hold([dict(line=1, ids=np.array([1, 2], np.int32)), dict(line=2, ids=np.array([3], np.int64)),
                    dict(line=3, ids=np.array([]))])
    assert [record['ids'].tolist() for record in columns] == [[1, 2], [3], []]
    assert {record['ids'].dtype for record in columns} == {np.dtype(np.int32)}


def test_ids_come_back():
    records = [dict(line=line, id=value) for line, value in enumerate(['a/\ud800', None, 0, '', 10**30])]
    assert list(hold(records)) == hold(records).records([0, 1, 2, 3, 4]) == records


def test_fragments_come_back():
    """Of records some have discontinuous entities, first, last, several or none."""
    fragments = ((0, 1), (2, 5), (7, 9))
    apart, whole = Entity('x', 0, 9, fragments=fragments), Entity('y', 3, 4)
    lists = [[apart], [], [whole], [whole, apart, apart._replace(label='z', fragments=fragments[:2])], [apart, whole]]
    records = [dict(line=line, entities=entities, unit_spans=[entity.span for entity in entities])
               for line, entities in enumerate(lists)]
    columns = hold(records)
    assert list(columns) == columns.records([0, 1, 2, 3, 4]) == records
    assert columns.records([1, 2]) == records[1:3] and columns.records([3, 0]) == [records[3], records[0]]
    for record in columns:
        assert all(type(entity) is Entity for entity in record['entities'])
        assert all(type(place) is int for entity in record['entities'] for pair in entity.stretches for place in pair)
