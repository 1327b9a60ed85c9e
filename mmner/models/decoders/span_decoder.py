from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mmner.models.decoders.span_base import BaseSpanDecoder, yes_or_no
from mmner.models.layers import Dropout
from mmner.registry import MODELS
from mmner.structures import Entity, PackedBatch


@MODELS.register_module()
class SpanDecoder(BaseSpanDecoder):
    """Point to the units where entities of a category begin and to those where they end, each on its own.

    Each start is matched with the nearest end of its category at or behind it; a start without one is dropped. So
    entities of different categories may nest, cross or be equal; those of one category only where they end together,
    or else the nearest end hides the others. An entity's score is the product of its two pointers' probabilities.

    Source: Hu et al. 2019, https://arxiv.org/abs/1906.03820; for NER in
    https://github.com/lonePatient/BERT-NER-Pytorch, where a unit starts entities of one category only

    Args:
        hidden_size (int): H, the width of the encoder.
        categories (Sequence[str]): The K labels of entities.
        max_width (int): Units of the longest entity that prediction looks for.
        selection (dict, optional): Config of what decides which of overlapping spans stay; None: AllSpans.
        loss_module (dict, optional): Config of the loss over (U, 2K) logits; None: BinaryCrossEntropyLoss.
        dropout (float): Probability of zeroing a hidden value.
    """

    def __init__(self, *, hidden_size: int, categories: Sequence[str], max_width: int = 512,
                 selection: dict | None = None, loss_module: dict | None = None, dropout: float = 0.1,
                 init_cfg: dict | None = None):
        super().__init__(categories=categories, max_width=max_width, selection=selection or dict(type='AllSpans'),
                         init_cfg=init_cfg)
        self.dropout = Dropout(dropout)
        self.pointers = nn.Linear(hidden_size, 2 * len(self.categories))
        self.loss_module = self.build_loss(loss_module, 'BinaryCrossEntropyLoss')

    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) to (U, 2K) logits: whether an entity of each category starts, then whether one ends here."""
        return self.pointers(self.dropout(hidden))

    @property
    def decision_kind(self) -> str:
        return f'first and last units of {", ".join(self.categories)}'

    def decide(self, hidden: Tensor, batch: PackedBatch) -> Tensor:
        """(U, 2K) logits."""
        return self(hidden)

    def loss_of(self, decisions: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        return dict(loss_span=self.loss_module(decisions, self.targets(batch)))

    def choice_logits(self, decisions: Tensor) -> Tensor:
        """(U * 2K, 2): each pointer stands for itself."""
        return yes_or_no(decisions)

    @property
    def scope(self) -> str:
        return f'{super().scope}; of one category no end between the first and the last unit of another'

    def proposed(self, spans: np.ndarray, cu_units: Tensor) -> np.ndarray:
        return self.match(*self.pointers_to(spans, int(cu_units[-1])), cu_units.numpy())

    def targets(self, batch: PackedBatch) -> Tensor:
        """(U, 2K) bool on the device of the batch."""
        targets = np.concatenate(self.pointers_to(self.gold_spans(batch), batch.num_units), axis=1)
        return torch.from_numpy(targets).to(batch.input_ids.device, non_blocking=True)

    def pointers_to(self, spans: np.ndarray, num_units: int) -> tuple[np.ndarray, np.ndarray]:
        """(E, 3) spans to (U, K) bool starts and ends."""
        category, first, end = spans.T
        starts, ends = np.zeros((2, num_units, len(self.categories)), dtype=bool)
        starts[first, category] = ends[end - 1, category] = True
        return starts, ends

    def predict(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        starts, ends = self.pointer_logits(hidden)
        spans = self.match(starts > 0, ends > 0, batch.cu_units.numpy())
        return self.selected_entities(batch, spans, product_of_pointers(starts, ends, spans))

    def span_probs(self, hidden: Tensor, batch: PackedBatch, spans: np.ndarray) -> np.ndarray:
        return product_of_pointers(*self.pointer_logits(hidden), spans)

    def pointer_logits(self, hidden: Tensor) -> list[np.ndarray]:
        """(U, K) starts and (U, K) ends, in one copy to the host."""
        return np.split(self(hidden).detach().float().cpu().numpy(), 2, axis=1)

    def match(self, starts: np.ndarray, ends: np.ndarray, cu_units: np.ndarray) -> np.ndarray:
        """(U, K) bool starts and ends to (E, 3) rows (category index, first unit, end unit).

        All categories lie behind each other on one axis of K * U places.
        """
        num_units = len(starts)
        first, last = np.flatnonzero(starts.T), np.flatnonzero(ends.T)          # both rise
        unit = first % max(num_units, 1)
        sample_end = cu_units[np.searchsorted(cu_units, unit, side='right')]
        stop = first + np.minimum(sample_end - unit, self.max_width)
        nearest = np.append(last, len(self.categories) * num_units)[np.searchsorted(last, first)]
        found = nearest < stop
        category, unit = np.divmod(first[found], max(num_units, 1))
        return np.stack([category, unit, unit + nearest[found] - first[found] + 1], axis=1)


def product_of_pointers(starts: np.ndarray, ends: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """(U, K) logits of starts and of ends and (E, 3) spans to (E,) float64 probabilities."""
    category, first, end = spans.T
    return sigmoid(starts[first, category]) * sigmoid(ends[end - 1, category])


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """In float64, without overflow."""
    return np.exp(-np.logaddexp(0, -logits.astype(np.float64)))
