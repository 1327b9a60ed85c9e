"""Which of the spans that a decoder holds for entities stay, where they overlap.

Each is a function of (E, 2) rows (first unit, end unit), counted over the batch, (E,) scores and the number of units U,
and gives the indices of what stays.
"""
from abc import ABC, abstractmethod

import numpy as np

from mmner.registry import MODELS


@MODELS.register_module()
class AllSpans:
    """Entities may nest, cross and be equal."""

    def __call__(self, spans: np.ndarray, scores: np.ndarray, num_units: int) -> np.ndarray:
        return np.arange(len(spans))


class BestFirst(ABC):
    """The best span stays, and each next one that fits those that stay; of equal scores the first in the text."""

    def __call__(self, spans: np.ndarray, scores: np.ndarray, num_units: int) -> np.ndarray:
        fits = self.over(num_units)
        order = np.lexsort((spans[:, 1], spans[:, 0], -scores))
        kept = [fits(first, end) for first, end in spans[order].tolist()]
        return order[np.array(kept, dtype=bool)]

    @abstractmethod
    def over(self, num_units: int):
        """A function that tells of one span (first unit, end unit) after the other whether it stays."""


@MODELS.register_module()
class NestedSpans(BestFirst):
    """Entities may lie in each other, but not cross. Source: Yu et al. 2020, 3.2, nested NER."""

    def over(self, num_units: int):
        furthest = np.zeros(num_units, dtype=np.int64)          # of what stays, by first unit: the end
        nearest = np.full(num_units + 1, num_units)             # and by end: the first unit

        def fits(first: int, end: int) -> bool:
            inside = slice(first + 1, end)
            if furthest[inside].max(initial=0) > end or nearest[inside].min(initial=num_units) < first:
                return False
            furthest[first], nearest[end] = max(furthest[first], end), min(nearest[end], first)
            return True
        return fits


@MODELS.register_module()
class FlatSpans(BestFirst):
    """No unit is in two entities. Source: Yu et al. 2020, 3.2, flat NER."""

    def over(self, num_units: int):
        taken = np.zeros(num_units, dtype=bool)

        def fits(first: int, end: int) -> bool:
            if taken[first:end].any():
                return False
            taken[first:end] = True
            return True
        return fits
