import pytest

from mmner.structures import Entity
from mmner.structures.entity import joined


def test_span_and_stretches():
    whole, apart = Entity('x', 1, 9, 0.5), Entity('x', 1, 9, 0.5, ((1, 3), (5, 9)))
    assert whole.span == ('x', 1, 9) and whole.stretches == ((1, 9),)
    assert apart.span == ('x', 1, 9, ((1, 3), (5, 9))) and apart.stretches == ((1, 3), (5, 9))
    assert apart.span == apart._replace(score=None).span != apart._replace(fragments=((1, 4), (5, 9))).span


@pytest.mark.parametrize(('fragments', 'expected'), [
    ([], ()), ([(1, 3)], ((1, 3),)), ([(1, 3), (4, 5)], ((1, 3), (4, 5))), ([(4, 5), (1, 3)], ((1, 3), (4, 5))),
    ([(1, 3), (3, 5)], ((1, 5),)), ([(1, 9), (2, 3), (8, 12), (14, 15)], ((1, 12), (14, 15)))])
def test_joined(fragments, expected):
    assert joined(fragments) == expected
