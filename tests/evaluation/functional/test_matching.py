import json
from random import Random

import pytest

from mmner.datasets.conll_tags import spans_of
from mmner.evaluation.functional import match_counts
from mmner.structures import Entity


def entities(tags: list[str]) -> list[Entity]:
    return [Entity(*span) for span in spans_of(tuple((tag[0], tag[2:]) for tag in tags))]


def test_by_hand():
    gold = [[Entity('x', 0, 4), Entity('y', 6, 8), Entity('x', 9, 10), Entity('z', 20, 21)]]
    found = [[Entity('x', 0, 4), Entity('y', 6, 7), Entity('z', 9, 10), Entity('x', 12, 13)]]
    counts = match_counts(gold, found)
    assert {way: tuple(count) for way, count in counts.items()} == dict(
        strict=(1, 2, 0, 1, 1), exact=(2, 1, 0, 1, 1), partial=(2, 0, 1, 1, 1), type=(2, 1, 0, 1, 1))
    assert counts['partial'].precision == counts['partial'].recall == counts['partial'].f1 == 2.5 / 4


def test_an_entity_in_the_gap_of_another_does_not_overlap_it():
    gold = [Entity('x', 0, 28, fragments=((0, 9), (19, 28)))]
    for found in (gold[0]._replace(fragments=((9, 19), (30, 31))), Entity('x', 10, 14)):
        assert {tuple(count) for count in match_counts([gold], [[found]]).values()} == {(0, 0, 0, 1, 1)}
        assert {tuple(count) for count in match_counts([[found]], [gold]).values()} == {(0, 0, 0, 1, 1)}
    assert match_counts([gold], [[Entity('y', 18, 20)]])['partial'] == (0, 0, 1, 0, 0)


def test_the_golden_file_of_nervaluate(shared):
    cases = json.loads((shared / 'golden/seqeval_nervaluate.json').read_text())
    for case in cases:
        counts = match_counts(*([entities(tags) for tags in case[key]] for key in ('y_true', 'y_pred')))
        for way, expected in case['nervaluate'].items():
            count = counts[way.removeprefix('ent_')]
            assert count._asdict() == {name: expected[name] for name in count._fields}, way
            assert all(getattr(count, name) == expected[name] for name in ('precision', 'recall', 'f1'))
    assert len(cases) == 60


def test_nervaluate_on_overlapping_entities():
    """In any order, nested, equal but for the label, and some longer than a hundred of what they overlap."""
    strategies = pytest.importorskip('nervaluate.strategies')
    theirs = pytest.importorskip('nervaluate.entities').Entity
    ways = dict(strict=strategies.StrictEvaluation(), exact=strategies.ExactEvaluation(),
                partial=strategies.PartialEvaluation(), type=strategies.EntityTypeEvaluation())
    random = Random(3)
    for _ in range(3000):
        sentence = [[Entity(random.choice('xyz'), start, start + random.choice([1, 2, 3, 6, 201]))
                     for start in random.choices(range(30), k=random.randrange(6))] for _ in range(2)]
        counts = match_counts(*([entities] for entities in sentence))
        for name, way in ways.items():
            expected, _ = way.evaluate(*([theirs(entity.label, entity.start, entity.end - 1) for entity in entities]
                                         for entities in sentence), tags=list('xyz'))
            assert counts[name]._asdict() == {field: getattr(expected, field) for field in counts[name]._fields}
