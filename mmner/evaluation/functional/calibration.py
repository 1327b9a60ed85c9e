"""Are scores probabilities, and from which score on are entities right often enough?"""
from typing import NamedTuple

import numpy as np

from mmner.structures import Entity


class Bin(NamedTuple):
    """Predicted entities with scores in a range: how many, the mean of their scores, the share that is correct."""
    low: float
    high: float
    count: int
    score: float
    accuracy: float


class Threshold(NamedTuple):
    """The lowest score from which on precision is high enough, and the rates from there; 1 where there is none."""
    score: float
    precision: float
    recall: float


def scored(gold: list[list[Entity]], predicted: list[list[Entity]]) -> dict[str, np.ndarray]:
    """By label, sorted: (P, 2) score and whether it is correct (1 or 0) of the predicted entities."""
    rows: dict[str, list[tuple[float, bool]]] = {}
    for wanted, found in zip(gold, predicted, strict=True):
        spans = {entity.span for entity in wanted}
        for entity in {entity.span: entity for entity in found}.values():
            rows.setdefault(entity.label, []).append((entity.score, entity.span in spans))
    return {label: np.array(rows[label], float) for label in sorted(rows)}


def all_scored(gold: list[list[Entity]], predicted: list[list[Entity]]) -> np.ndarray:
    """(P, 2) as `scored` has them, of all labels together."""
    return np.concatenate([np.zeros((0, 2)), *scored(gold, predicted).values()])


def reliability(scores: np.ndarray, correct: np.ndarray, bins: int = 10) -> list[Bin]:
    """Ranges of equal width from 0 to 1, those alone that hold an entity; a score of 1 is in the last.

    Args:
        scores (np.ndarray): (P,) of predicted entities, from 0 to 1.
        correct (np.ndarray): (P,) 1 for those that are correct, 0 for the others.
        bins (int): How many ranges.
    """
    places = np.minimum((scores * bins).astype(int), bins - 1)
    return [Bin(place / bins, (place + 1) / bins, int(inside.sum()), float(scores[inside].mean()),
                float(correct[inside].mean()))
            for place in range(bins) if (inside := places == place).any()]


def calibration_error(bins: list[Bin]) -> float:
    """The expected calibration error: how far score and accuracy are apart, the mean over entities, from 0 to 1.

    Source: https://arxiv.org/abs/1706.04599
    """
    return sum(part.count * abs(part.score - part.accuracy) for part in bins) / max(sum(part.count for part in bins), 1)


def fit_temperature(scores: np.ndarray, correct: np.ndarray) -> float | None:
    """The temperature, see `at_temperature`, at which it is most likely that just the correct ones are correct.

    The mean negative log-likelihood is convex in 1 / temperature; where it falls no more is found by bisection. Scores
    of 0 and 1, which no temperature changes, have no say. Source: https://arxiv.org/abs/1706.04599

    Args:
        scores (np.ndarray): (P,) as for `reliability`.
        correct (np.ndarray): (P,) as for `reliability`.

    Returns:
        float, optional: None if all are correct or none is, which says nothing of scores, and if no temperature is the
        best, because the scores tell right from wrong without fail, or no better than chance.
    """
    inner = (scores > 0) & (scores < 1)
    scores, correct = scores[inner], correct[inner].astype(bool)
    log_odds = np.log(scores) - np.log1p(-scores)
    margins = np.where(correct, log_odds, -log_odds)        # above 0 on the right side of 0.5
    if correct.all() or not correct.any() or not margins.sum() > 0 > margins.min():
        return None

    def gain(inverse: float) -> float:
        """How much the likelihood still grows with 1 / temperature."""
        return margins @ np.exp(-np.logaddexp(0, inverse * margins))

    low, high = 0.0, 1.0
    while gain(high) > 0:
        low, high = high, 2 * high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if gain(middle) > 0 else (low, middle)
    return 1 / high


def threshold_for(precision: float, scores: np.ndarray, correct: np.ndarray, num_gold: int) -> Threshold:
    """The threshold that loses least recall.

    Args:
        precision (float): What the entities with this score or a higher one must reach, from 0 to 1.
        scores (np.ndarray): (P,) as for `reliability`.
        correct (np.ndarray): (P,) as for `reliability`.
        num_gold (int): How many entities are annotated.
    """
    order = np.argsort(-scores, kind='stable')
    scores, found = scores[order], correct[order].cumsum()
    reached = found / np.arange(1, len(scores) + 1)
    last_of_its_score = np.append(scores[1:] != scores[:-1], True)[:len(scores)]
    enough = np.flatnonzero((reached >= precision) & last_of_its_score)
    if not len(enough):
        return Threshold(1.0, 0.0, 0.0)
    place = enough[-1]
    return Threshold(float(scores[place]), float(reached[place]), float(found[place] / max(num_gold, 1)))
