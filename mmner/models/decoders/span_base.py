from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mmner.models.decoders.base import ComparableDecoder, as_entities, contiguous
from mmner.registry import MODELS
from mmner.structures import Entity, PackedBatch
from mmner.structures.units import Stretches
from mmner.utils import InputError


class BaseSpanDecoder(ComparableDecoder):
    """What every decoder that finds entities as spans shares: which of overlapping spans stay.

    Args:
        categories (Sequence[str]): The K labels of entities.
        max_width (int): Units of the longest entity that prediction looks for.
        selection (dict): Config of what decides which of overlapping spans stay: AllSpans, NestedSpans, FlatSpans.
    """

    def __init__(self, *, categories: Sequence[str], max_width: int, selection: dict, init_cfg: dict | None = None):
        super().__init__(categories=categories, init_cfg=init_cfg)
        if max_width < 1:
            raise InputError(f'max_width={max_width}: the longest entity has at least 1 unit')
        self.max_width = max_width
        self.selection = MODELS.build(selection)

    @property
    def scope(self) -> str:
        return (f'entities without a gap, of at most max_width={self.max_width} units; of those that overlap what '
                f'{type(self.selection).__name__} keeps')

    def findable(self, entities: list[tuple[int, Stretches]], cu_units: Tensor) -> set[tuple[int, Stretches]]:
        spans = self.proposed(contiguous(entities), cu_units)
        spans = self.within_width(spans)
        return as_entities(spans[self.selection(spans[:, 1:], np.ones(len(spans)), int(cu_units[-1]))])

    def within_width(self, spans: np.ndarray) -> np.ndarray:
        """Those of (E, 3) spans that have at most `max_width` units."""
        return spans[spans[:, 2] - spans[:, 1] <= self.max_width]

    def proposed(self, spans: np.ndarray, cu_units: Tensor) -> np.ndarray:
        """The (E, 3) spans among which the selection chooses if these are gold."""
        return np.unique(spans, axis=0)

    def selected_entities(self, batch: PackedBatch, spans: np.ndarray, scores: np.ndarray) -> list[list[Entity]]:
        """What `entities` gives for the spans that the selection keeps."""
        kept = self.selection(spans[:, 1:], scores, batch.num_units)
        return self.entities(batch, spans[kept], scores[kept])

    def score_gold(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        """All gold of up to `max_width` units, also what the selection would not let stand beside other gold."""
        spans = self.within_width(self.gold_spans(batch))
        return self.entities(batch, spans, self.span_probs(hidden, batch, spans))

    @abstractmethod
    def span_probs(self, hidden: Tensor, batch: PackedBatch, spans: np.ndarray) -> np.ndarray:
        """(U, H) unit vectors and (E, 3) spans as those of `gold_spans` to their (E,) float64 probabilities."""


def yes_or_no(log_odds: Tensor) -> Tensor:
    """Log-odds of any shape to (D, 2) logits of yes and no, whose softmax is (sigmoid, 1 - sigmoid)."""
    log_odds = log_odds.flatten()
    return torch.stack([log_odds, torch.zeros_like(log_odds)], dim=1)
