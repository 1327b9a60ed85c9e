from itertools import count, islice

import pytest

from mmner.apis.batching import buffered, cut_by_length
from mmner.utils import InputError


def test_buffers_end_at_the_size_or_at_the_number():
    assert list(buffered([3, 1, 5, 1, 1, 1], int, 4, 10)) == [[3, 1], [5], [1, 1, 1]]
    assert list(buffered([3, 1, 5, 1, 1, 1], int, 100, 4)) == [[3, 1, 5, 1], [1, 1]]
    assert list(buffered([], int, 4, 10)) == []


def test_what_stands_before_a_mistake_comes_first():
    def read():
        yield from (1, 2, 3)
        raise InputError('the fourth')

    found = buffered(read(), int, 100, 2)
    assert [next(found), next(found)] == [[1, 2], [3]]
    with pytest.raises(InputError, match='the fourth'):
        next(found)


def test_an_endless_stream_is_read_no_further_than_needed():
    read = []
    numbers = (read.append(number) or number for number in count())
    assert list(islice(buffered(numbers, lambda _: 1, 3, 10), 2)) == [[0, 1, 2], [3, 4, 5]]
    assert read == [0, 1, 2, 3, 4, 5]


def test_batches_by_length_count_the_padding():
    words = ['a', 'dddd', 'bb', 'ccc', 'e', 'ffffffff']
    assert list(cut_by_length(words, len, 7)) == [['ffffffff'], ['dddd'], ['ccc', 'bb'], ['a', 'e']]
