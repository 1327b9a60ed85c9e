import pytest

from mmner.structures import Entity
from mmner.structures.entity import joined, shared_characters


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


@pytest.mark.parametrize(('fragments', 'expected'), [
    ([], ()), ([(1, 3)], ((1, 3),)), ([(1, 3), (4, 5)], ((1, 3), (4, 5))), ([(4, 5), (1, 3)], ((1, 3), (4, 5))),
    ([(1, 3), (3, 5)], ((1, 5),)), ([(1, 9), (2, 3), (8, 12), (14, 15)], ((1, 12), (14, 15)))])
def test_joined(fragments, expected):
    assert joined(fragments) == expected
