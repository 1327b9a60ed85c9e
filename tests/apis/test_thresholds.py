import pytest

from mmner.apis.thresholds import Thresholds
from mmner.structures import Entity
from mmner.utils import InputError

CATEGORIES = ('name', 'address')
ENTITIES = [Entity('name', 0, 1, 0.4), Entity('address', 1, 2, 0.6), Entity('name', 2, 3, 0.9)]


@pytest.mark.parametrize(('thresholds', 'kept'), [
    (0, [0, 1, 2]), (0.6, [1, 2]), (1, []), ({}, [0, 1, 2]), ({'name': 0.5}, [1, 2]), ({'address': 0.61}, [0, 2])])
def test_by_hand(thresholds, kept):
    assert Thresholds(thresholds, CATEGORIES)('abc', ENTITIES) == [ENTITIES[index] for index in kept]


def test_1_drops_what_is_quite_sure():
    assert Thresholds({'name': 1}, CATEGORIES)('abc', [Entity('name', 0, 1, 1.0), Entity('address', 1, 2, 1.0)]) == [
        Entity('address', 1, 2, 1.0)]


@pytest.mark.parametrize(('thresholds', 'message'), [
    ({'planet': 0.5}, "threshold of 'planet': unknown label; known are name, address"),
    ({r'a\nb': 0.5}, r"^threshold of 'a\\\\nb': unknown label; known are name, address, 'a\\nb', 'x '$"),
    (50, "^threshold: 50 is not a number from 0 to 1"),
    ({'name': '0.5'}, "'0.5' is not a number"),
    (float('nan'), '^threshold: nan is not a number'),
    (True, '^threshold: True is not a number'),
    ({'name': True}, "^threshold of 'name': True is not a number"),
    ({'x' * 1_000_000: 0.5}, "^threshold of 'x{59}: unknown label"),
    ({'name': ['x' * 1_000_000]}, r"^threshold of 'name': \['x{58} is not a number")])
def test_mistakes(thresholds, message):
    with pytest.raises(InputError, match=message):
        Thresholds(thresholds, (*CATEGORIES, 'a\nb', 'x '))
