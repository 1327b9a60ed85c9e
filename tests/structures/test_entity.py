from itertools import combinations

import pytest

from mmner.structures import Entity
from mmner.structures.entity import joined, neighbour_finder, shared_characters


def test_span_and_stretches():
    whole, apart = Entity('x', 1, 9, 0.5), Entity('x', 1, 9, 0.5, ((1, 3), (5, 9)))
    assert whole.span == ('x', 1, 9) and whole.stretches == ((1, 9),)
    assert apart.span == ('x', 1, 9, ((1, 3), (5, 9))) and apart.stretches == ((1, 3), (5, 9))
    assert apart.span == apart._replace(score=None).span != apart._replace(fragments=((1, 4), (5, 9))).span
    assert whole.string('0123456789') == '12345678' and apart.string('0123456789') == '12 … 5678'


@pytest.mark.parametrize(('left', 'right', 'expected'), [
    (((1, 3),), ((2, 4),), 1), (((1, 3),), ((3, 4),), 0), (((1, 3), (5, 9)), ((3, 5),), 0),
    (((1, 3), (5, 9)), ((2, 6),), 2), (((1, 3), (5, 7)), ((3, 4), (7, 9)), 0)])
def test_shared_characters(left, right, expected):
    one, other = (Entity('x', stretches[0][0], stretches[-1][1], None, stretches if len(stretches) > 1 else None)
                  for stretches in (left, right))
    assert shared_characters(one, other) == shared_characters(other, one) == expected


def test_neighbours_are_all_that_share_a_character_and_no_distant_ones():
    by_end = sorted(combinations(range(0, 12, 2), 2), key=lambda border: border[1])
    entities = [Entity('x', *border) for border in by_end]
    near = neighbour_finder(entities)
    for other in (Entity('x', *border) for border in combinations(range(-3, 16), 2)):
        places = near(other)
        assert places == sorted(places)
        assert set(places) >= {place for place, one in enumerate(entities) if shared_characters(one, other)}
        assert all(other.start - 10 <= entities[place].start < other.end for place in places)
    assert neighbour_finder([])(Entity('x', 0, 1)) == []


@pytest.mark.parametrize(('fragments', 'expected'), [
    ([], ()), ([(1, 3)], ((1, 3),)), ([(1, 3), (4, 5)], ((1, 3), (4, 5))), ([(4, 5), (1, 3)], ((1, 3), (4, 5))),
    ([(1, 3), (3, 5)], ((1, 5),)), ([(1, 9), (2, 3), (8, 12), (14, 15)], ((1, 12), (14, 15)))])
def test_joined(fragments, expected):
    assert joined(fragments) == expected
