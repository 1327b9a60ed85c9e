"""Predicted entities against those that they overlap, as SemEval-2013 task 9 and nervaluate count them."""
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mmner.structures import Entity
from mmner.structures.entity import neighbour_finder, shared_characters


class MatchCounts(NamedTuple):
    """What became of the entities. Rates with an empty denominator are 0.0; a partial match counts half."""
    correct: int = 0
    incorrect: int = 0
    partial: int = 0
    missed: int = 0
    spurious: int = 0

    @property
    def predicted(self) -> int:
        return self.correct + self.incorrect + self.partial + self.spurious

    @property
    def gold(self) -> int:
        return self.correct + self.incorrect + self.partial + self.missed

    @property
    def precision(self) -> float:
        return (self.correct + self.partial / 2) / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return (self.correct + self.partial / 2) / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class Way(NamedTuple):
    """When two entities that overlap are a correct match, and what they are otherwise."""
    is_correct: Callable[[Entity, Entity], bool]
    otherwise: str


WAYS = dict(
    strict=Way(lambda gold, found: gold.span == found.span, 'incorrect'),
    exact=Way(lambda gold, found: gold.span[1:] == found.span[1:], 'incorrect'),
    partial=Way(lambda gold, found: gold.span[1:] == found.span[1:], 'partial'),
    type=Way(lambda gold, found: gold.label == found.label, 'incorrect'))


def match_counts(gold: list[list[Entity]], predicted: list[list[Entity]]) -> dict[str, MatchCounts]:
    """Counts in the four ways of nervaluate 1.2: 'strict', 'exact', 'partial' and 'type' (its "ent_type").

    They differ in what is correct: label and borders, borders, borders with half a point for less, or the label. Each
    predicted entity, in its order, takes of the gold entities that it overlaps and that no other has taken the correct
    one with the nearest borders, else the first; what finds none is spurious, what is not taken is missed.

    Source: https://aclanthology.org/S13-2056/

    Args:
        gold (list[list[Entity]]): The annotated entities of every sentence.
        predicted (list[list[Entity]]): The predicted entities of the same sentences.
    """
    return {name: MatchCounts(**Counter(outcome for sentence in zip(gold, predicted, strict=True)
                                        for outcome in outcomes(*sentence, way)))
            for name, way in WAYS.items()}


def outcomes(gold: list[Entity], found: list[Entity], way: Way) -> Iterator[str]:
    """What becomes of each entity of a sentence."""
    near, left = neighbour_finder(gold), set(range(len(gold)))
    for entity in found:
        overlapping = [place for place in near(entity) if place in left and overlap(gold[place], entity)]
        correct = [place for place in overlapping if way.is_correct(gold[place], entity)]
        if correct:
            left.remove(min(correct, key=lambda place: distance(gold[place], entity)))
            yield 'correct'
        elif overlapping:
            left.remove(overlapping[0])
            yield way.otherwise
        else:
            yield 'spurious'
    yield from ['missed'] * len(left)


def distance(one: Entity, other: Entity) -> int:
    """How far their borders are apart."""
    return abs(one.start - other.start) + abs(one.end - other.end)


def overlap(gold: Entity, found: Entity) -> bool:
    """Whether they share a hundredth of the gold entity, as nervaluate has it."""
    return 100 * shared_characters(gold, found) >= sum(end - start for start, end in gold.stretches)
