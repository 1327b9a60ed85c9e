import numpy as np
import pytest

from mmner.structures import Entity
from mmner.structures.units import entities_to_unit_spans, stretches_of, stretches_to_entity, unit_spans_to_entities

WORDS = np.array([[1, 3], [3, 4], [6, 9]])                              # as in ' abc  def ': gaps at 0, 4, 5 and 9


@pytest.mark.parametrize(('entity', 'span', 'kind'), [
    ((0, 1), (0, 1), 'exact'), ((2, 5), (2, 5), 'exact'), ((0, 5), (0, 5), 'exact'),
    ((4, 6), None, 'unseen'), ((5, 6), None, 'unseen'), ((3, 3), None, 'unseen')])
def test_characters(entity, span, kind):
    entity = Entity('x', *entity)
    spans, inexact, unseen = entities_to_unit_spans([entity], None, 5)
    assert spans == ([('x', *span)] if span else []) and inexact == []
    assert unseen == ([entity] if kind == 'unseen' else [])


@pytest.mark.parametrize(('entity', 'span', 'kind'), [
    ((1, 3), (0, 1), 'exact'), ((1, 4), (0, 2), 'exact'), ((1, 9), (0, 3), 'exact'), ((6, 9), (2, 3), 'exact'),
    ((2, 3), (0, 1), 'inexact'), ((7, 8), (2, 3), 'inexact'), ((2, 7), (0, 3), 'inexact'),
    ((0, 3), (0, 1), 'inexact'), ((3, 6), (1, 2), 'inexact'), ((5, 9), (2, 3), 'inexact'),
    ((0, 1), None, 'unseen'), ((4, 6), None, 'unseen'), ((9, 10), None, 'unseen'), ((6, 10), (2, 3), 'inexact')])
def test_words(entity, span, kind):
    entity = Entity('x', *entity)
    spans, inexact, unseen = entities_to_unit_spans([entity], WORDS, 3)
    assert spans == ([('x', *span)] if span else [])
    assert dict(exact=[], inexact=[entity], unseen=[])[kind] == inexact
    assert unseen == ([entity] if kind == 'unseen' else [])


@pytest.mark.parametrize('unit_offsets', [None, np.zeros((0, 2), int)])
def test_no_units(unit_offsets):
    entity = Entity('x', 0, 1)
    assert entities_to_unit_spans([entity], unit_offsets, 0) == ([], [], [entity])
    assert entities_to_unit_spans([], unit_offsets, 0) == ([], [], [])
    assert unit_spans_to_entities(np.zeros((0, 3), int), ['x'], np.zeros(0), unit_offsets) == []


def test_every_entity_is_learned_or_unseen():
    random = np.random.default_rng(0)
    for _ in range(200):
        borders = np.sort(random.choice(30, 2 * random.integers(1, 8), replace=False)).reshape(-1, 2)
        for start in range(31):
            for end in range(start + 1, 32):
                entity = Entity('x', start, end)
                num_units = len(borders) - start % 2
                spans, inexact, unseen = entities_to_unit_spans([entity], borders, num_units)
                overlapping = [place for place, (left, right) in enumerate(borders) if left < end and start < right]
                if not overlapping or overlapping[-1] >= num_units:
                    assert (spans, inexact, unseen) == ([], [], [entity])
                    continue
                first, last = overlapping[0], overlapping[-1]
                assert spans == [('x', first, last + 1)] and unseen == []
                assert bool(inexact) == ((start, end) != (borders[first, 0], borders[last, 1]))


@pytest.mark.parametrize('unit_offsets', [None, WORDS])
def test_there_and_back(unit_offsets):
    entities = [Entity('y', 1, 9), Entity('x', 1, 3), Entity('y', 3, 4)]
    spans, inexact, unseen = entities_to_unit_spans(entities, unit_offsets, 10)
    assert inexact == unseen == []
    rows = np.array([('xy'.index(label), first, end) for label, first, end in spans])
    found = unit_spans_to_entities(rows, ['x', 'y'], np.array([0.5, 1, 0.25]), unit_offsets)
    assert found == [Entity('y', 1, 9, 0.5), Entity('x', 1, 3, 1.0), Entity('y', 3, 4, 0.25)]
    assert all(type(value) in (str, int, float) for entity in found for value in entity[:4])    # JSON can hold them


APART = Entity('x', 1, 9, fragments=((1, 3), (6, 9)))


@pytest.mark.parametrize(('entity', 'unit_offsets', 'spans', 'kind'), [
    (APART, None, [('x', 1, 9, ((1, 3), (6, 9)))], 'exact'),
    (APART, WORDS, [('x', 0, 3, ((0, 1), (2, 3)))], 'exact'),
    (Entity('x', 2, 9, fragments=((2, 3), (6, 9))), WORDS, [('x', 0, 3, ((0, 1), (2, 3)))], 'inexact'),
    (Entity('x', 1, 4, fragments=((1, 2), (3, 4))), WORDS, [('x', 0, 2)], 'inexact'),
    (Entity('x', 1, 9, fragments=((1, 4), (6, 9))), WORDS, [('x', 0, 3)], 'inexact'),
    (Entity('x', 1, 6, fragments=((1, 3), (4, 6))), WORDS, [], 'unseen'),
    (Entity('x', 1, 12, fragments=((1, 3), (11, 12))), WORDS, [], 'unseen'),
    (Entity('x', 1, 12, fragments=((1, 3), (11, 12))), None, [], 'unseen'),
])
def test_discontinuous(entity, unit_offsets, spans, kind):
    found, inexact, unseen = entities_to_unit_spans([entity], unit_offsets, 10 if unit_offsets is None else 3)
    assert found == spans
    assert (inexact, unseen) == dict(exact=([], []), inexact=([entity], []), unseen=([], [entity]))[kind]


def test_stretches():
    assert stretches_of(('x', 2, 5)) == ((2, 5),)
    assert stretches_of(('x', 0, 4, ((0, 1), (2, 4)))) == ((0, 1), (2, 4))
    assert stretches_to_entity('x', ((2, 5),), None, None) == Entity('x', 2, 5)
    assert stretches_to_entity('x', ((0, 1), (2, 4)), 0.5, None) == Entity('x', 0, 4, 0.5, ((0, 1), (2, 4)))
    assert stretches_to_entity('x', ((0, 3),), 0.5, WORDS) == Entity('x', 1, 9, 0.5)
    found = stretches_to_entity('x', ((0, 1), (2, 3)), 0.5, WORDS)
    assert found == Entity('x', 1, 9, 0.5, ((1, 3), (6, 9)))
    assert all(type(place) is int for stretch in found.stretches for place in stretch)
