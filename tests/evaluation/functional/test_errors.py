from random import Random
from time import process_time

import pytest

from mmner.datasets import CLUENERReader
from mmner.evaluation import strict_counts
from mmner.evaluation.functional import Counts
from mmner.evaluation.functional.errors import (
    closeness,
    confusion_matrix,
    counts_by,
    familiarity,
    in_ranges,
    kind_of_error,
    labels_by_surface,
    paired_entities,
)
from mmner.structures import Entity
from mmner.structures.entity import shared_characters


def pairs(gold: list[tuple], predicted: list[tuple]) -> set:
    return {tuple(entity and entity[:3] for entity in pair) for pair in paired_entities(
        [Entity(*entity) for entity in gold], [Entity(*entity, score=0.5) for entity in predicted])}


@pytest.mark.parametrize(('gold', 'predicted', 'kind'), [
    (Entity('x', 0, 2), Entity('x', 0, 2, 0.5), 'correct'), (Entity('x', 0, 2), Entity('y', 0, 2), 'type'),
    (Entity('x', 0, 2), Entity('x', 1, 3), 'boundary'), (Entity('x', 0, 2), Entity('y', 0, 3), 'boundary and type'),
    (Entity('x', 0, 3, None, ((0, 1), (2, 3))), Entity('x', 0, 3), 'boundary'),
    (Entity('x', 0, 2), None, 'missed'), (None, Entity('x', 0, 2), 'spurious')])
def test_kinds(gold, predicted, kind):
    assert kind_of_error(gold, predicted) == kind


def test_pairs_by_hand():
    """Borders before labels before what is shared; touching is not sharing."""
    assert pairs([('x', 0, 4)], [('x', 0, 3), ('y', 0, 4)]) == {
        (('x', 0, 4), ('y', 0, 4)), (None, ('x', 0, 3))}
    assert pairs([('x', 0, 4)], [('x', 0, 1), ('y', 0, 3), ('x', 2, 9)]) == {
        (('x', 0, 4), ('x', 2, 9)), (None, ('x', 0, 1)), (None, ('y', 0, 3))}
    assert pairs([('x', 0, 2), ('x', 2, 4)], [('x', 2, 3)]) == {(('x', 2, 4), ('x', 2, 3)), (('x', 0, 2), None)}


def test_what_lies_between_stretches_is_not_shared():
    assert pairs([('x', 0, 10, None, ((0, 1), (9, 10))), ('x', 4, 6)], [('x', 3, 10)]) == {
        (('x', 4, 6), ('x', 3, 10)), (('x', 0, 10), None)}
    assert pairs([('x', 0, 2), ('x', 0, 2)], []) == {(('x', 0, 2), None)}
    twice = [Entity('x', 0, 3, 0.5), Entity('x', 0, 3, 0.25, ((0, 1), (2, 3))), Entity('x', 0, 3, 0.75)]
    assert len(list(paired_entities([], twice))) == 2
    apart = Entity('x', 0, 10, None, ((0, 2), (8, 10)))
    assert [pair[0] and pair[1] for pair in paired_entities([apart], [Entity('x', 4, 6)])] == [None, None]


def pairs_by_comparing_all(gold: list[Entity], predicted: list[Entity]) -> list[tuple]:
    wanted, found = (sorted({entity.span: entity for entity in entities}.values(), key=lambda entity: entity.span)
                     for entities in (gold, predicted))
    candidates = [(left, right) for left in wanted for right in found if shared_characters(left, right)]
    chosen = []
    for pair in sorted(candidates, key=lambda pair: closeness(*pair), reverse=True):
        if pair[0] in wanted and pair[1] in found:
            wanted.remove(pair[0])
            found.remove(pair[1])
            chosen.append(pair)
    return [*chosen, *((left, None) for left in wanted), *((None, right) for right in found)]


def test_pairs_are_those_of_comparing_all():
    random = Random(1)

    def entity() -> Entity:
        borders = sorted(random.sample(range(25), random.choice((2, 2, 4))))
        fragments = tuple(zip(borders[::2], borders[1::2], strict=True)) if len(borders) > 2 else None
        return Entity(random.choice('xy'), borders[0], borders[-1], random.choice((None, 0.5)), fragments)

    for _ in range(500):
        gold, predicted = ([entity() for _ in range(random.randrange(10))] for _ in range(2))
        assert list(paired_entities(gold, predicted)) == pairs_by_comparing_all(gold, predicted)


def test_a_long_document():
    gold, predicted = ([Entity('x', start, start + length) for start in range(0, 60_000, 3)] for length in (2, 1))
    begin = process_time()
    found = list(paired_entities(gold, predicted))
    assert process_time() - begin < 3
    assert {kind_of_error(*pair) for pair in found} == {'boundary'} and len(found) == 20_000


def test_a_matrix_by_hand():
    gold, predicted = Entity('x', 0, 1), Entity('y', 0, 1)
    found = [(gold, gold), (gold, gold), (gold, predicted), (gold, None), (None, predicted)]
    assert confusion_matrix(found, ['x', 'y']) == [[2, 1, 1], [0, 0, 0], [0, 1, 0]]


def test_every_entity_is_in_one_pair_and_in_one_bucket():
    random = Random(0)
    for _ in range(300):
        gold, predicted = ([Entity(random.choice('xy'), start, start + random.randrange(1, 5))
                            for start in random.choices(range(20), k=random.randrange(8))] for _ in range(2))
        found = list(paired_entities(gold, predicted))
        assert sorted(left for left, _ in found if left) == sorted(set(gold))
        assert sorted(right for _, right in found if right) == sorted(set(predicted))
        assert sum(kind_of_error(*pair) == 'correct' for pair in found) == len(set(gold) & set(predicted))
        assert counts_by(lambda text, entity: entity.label, ['a' * 30], [gold], [predicted]) == strict_counts(
            [gold], [predicted])


def test_familiarity_of_cluener(shared):
    train, dev = (list(CLUENERReader()(shared / f'data/cluener/{part}.json')) for part in ('train', 'dev'))
    labels = labels_by_surface(*([record[key] for record in train] for key in ('text', 'entities')))
    gold = [record['entities'] for record in dev]
    counts = counts_by(familiarity(labels), [record['text'] for record in dev], gold, gold)
    assert {name: tuple(count) for name, count in counts.items()} == {
        'seen': (1908,) * 3, 'seen with another label': (51,) * 3, 'unseen': (1113,) * 3}


def test_the_string_of_a_discontinuous_entity_is_that_of_its_stretches():
    texts = ['aching in legs and shoulders', 'aching in arms and shoulders']
    apart, whole = Entity('x', 0, 28, None, ((0, 9), (19, 28))), Entity('x', 0, 28)
    labels = labels_by_surface(texts[:1], [[apart]])
    bucket = familiarity(labels)
    assert labels == {'aching in … shoulders': {'x'}}
    assert [bucket(text, entity) for text in texts for entity in (apart, whole)] == ['seen', 'unseen'] * 2


def test_ranges():
    bucket = in_ranges((1, 3, 8), lambda text, entity: entity.end - entity.start)
    lengths = [bucket('', Entity('x', 0, length)) for length in (1, 2, 3, 7, 8, 100)]
    assert lengths == [(1, 2), (1, 2), (3, 7), (3, 7), (8, None), (8, None)]
    gold, found = [Entity('x', 0, 2), Entity('x', 2, 9)], [Entity('x', 0, 2), Entity('x', 2, 5)]
    counts = counts_by(bucket, ['a' * 9], [gold], [found])
    assert counts == {(1, 2): Counts(1, 1, 1), (3, 7): Counts(0, 1, 1)}
