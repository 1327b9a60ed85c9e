from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mmner.structures import Entity


class Counts(NamedTuple):
    """How many entities of one category, or of all, were found. Rates with an empty denominator are 0.0."""
    correct: int
    predicted: int
    gold: int

    @property
    def precision(self) -> float:
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """2PR / (P + R), as a ratio of precision and recall so that it equals other programs' to the last bit."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def strict_counts(gold: list[list[Entity]], predicted: list[list[Entity]]) -> dict[str, Counts]:
    """Counts by category, labels sorted. An entity is correct when label, start and end are those of a gold one.

    A discontinuous entity is correct when all its fragments are, and there is no other.

    Each sentence is compared as two sets: an entity named twice counts once.

    Args:
        gold (list[list[Entity]]): The annotated entities of every sentence.
        predicted (list[list[Entity]]): The predicted entities of the same sentences.
    """
    return counts_of_sets(*(({entity.span for entity in entities} for entities in column)
                            for column in (gold, predicted)))


def counts_of_sets(gold: Iterable[set[tuple]], predicted: Iterable[set[tuple]]) -> dict[str, Counts]:
    """Counts by label, labels sorted, of what is in the sets of every sentence: tuples that begin with a label."""
    correct, found, wanted = [], [], []
    for gold_items, predicted_items in zip(gold, predicted, strict=True):
        wanted += gold_items
        found += predicted_items
        correct += gold_items & predicted_items
    return _by_label(correct, found, wanted, order=sorted)


def mmocr_counts(gold: list[list[Entity]], predicted: list[list[Entity]]) -> dict[str, Counts]:
    """Counts by category as MMOCR 0.6.3 has them: every entity counts, also one that is named twice.

    Gold categories come in the order of their first entity; categories that were only predicted follow with gold = 0
    (MMOCR prints no row for these, but counts them under 'all', and so does `total`). Arguments as in
    `strict_counts`.
    """
    correct, found, wanted = [], [], []
    for gold_entities, predicted_entities in zip(gold, predicted, strict=True):
        gold_spans = {entity.span for entity in gold_entities}
        predicted_spans = [entity.span for entity in predicted_entities]
        wanted += [entity.span for entity in gold_entities]
        found += predicted_spans
        correct += [span for span in predicted_spans if span in gold_spans]
    return _by_label(correct, found, wanted, order=list)


def total(counts: dict[str, Counts]) -> Counts:
    """The sum over all categories, whose rates are the micro average."""
    return Counts(*map(sum, zip(*counts.values(), strict=True))) if counts else Counts(0, 0, 0)


class Rates(NamedTuple):
    """Means over categories; F1 is the mean of the F1, not that of the means."""
    precision: float
    recall: float
    f1: float


def macro(counts: dict[str, Counts]) -> Rates:
    """The mean of the rates of the categories that were annotated or predicted."""
    rows = counts.values()
    return Rates(*(sum(getattr(row, rate) for row in rows) / max(len(rows), 1) for rate in Rates._fields))


def _by_label(correct: list[tuple], found: list[tuple], wanted: list[tuple], *,
              order: Callable[[Iterable[str]], list[str]]) -> dict[str, Counts]:
    """Count tuples by the label that they begin with; `order` orders the labels, which come gold first."""
    corrects, founds, wanteds = (Counter(span[0] for span in spans) for spans in (correct, found, wanted))
    return {label: Counts(corrects[label], founds[label], wanteds[label])
            for label in order(dict.fromkeys([*wanteds, *founds]))}


SCORERS = {'strict': strict_counts, 'mmocr': mmocr_counts}
