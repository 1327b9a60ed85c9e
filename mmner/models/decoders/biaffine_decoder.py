from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mmner.models.decoders.span_grid import BaseSpanGridDecoder
from mmner.models.layers import Dropout, PairRows
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError


@MODELS.register_module()
class BiaffineDecoder(BaseSpanGridDecoder):
    """Classify each span by a biaffine product of its first and its last unit: no entity, or one of a category.

    Class scores of the span from unit i to unit j: [s_i; 1] W_c [e_j; 1], with s and e from a layer each. An
    entity's score is its probability. A span has one category: of gold entities that are the same span, the first in
    the order of `categories` is learnt.

    Source: Yu et al. 2020, https://aclanthology.org/2020.acl-main.577/

    Args:
        hidden_size (int): H, the width of the encoder.
        categories (Sequence[str]): The K labels of entities.
        head_size (int): D, the width of s and e; at least 1.
        max_width (int): Units of the longest entity.
        selection (dict, optional): Config of what decides which of overlapping spans stay; None: NestedSpans.
        loss_module (dict, optional): Config of the loss over (P, K + 1) logits of P spans; None: CrossEntropyLoss.
        dropout (float): Probability of zeroing a hidden value, and one of s and e.
    """

    def __init__(self, *, hidden_size: int, categories: Sequence[str], head_size: int = 150, max_width: int = 512,
                 selection: dict | None = None, loss_module: dict | None = None, dropout: float = 0.1,
                 init_cfg: dict | None = None):
        super().__init__(categories=categories, max_width=max_width, selection=selection or dict(type='NestedSpans'),
                         init_cfg=init_cfg)
        if head_size < 1:
            raise InputError(f'BiaffineDecoder: head_size={head_size}; it is at least 1')
        self.head_size = head_size
        self.dropout = Dropout(dropout)
        self.start, self.end = (nn.Sequential(nn.Linear(hidden_size, head_size), nn.LeakyReLU(0.1), Dropout(dropout))
                                for _ in range(2))
        self.biaffine = nn.Linear(head_size, (len(self.categories) + 1) * (head_size + 1))
        self.loss_module = self.build_loss(loss_module, 'CrossEntropyLoss')

    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) to (U, (K + 1)(D + 1) + D): [s; 1] W_c for each class, no entity first, then e."""
        hidden = self.dropout(hidden)
        return torch.cat([self.biaffine(self.start(hidden)), self.end(hidden)], dim=1)

    def sides(self, values: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """(U, K + 1, D + 1) first and (U, D) last units."""
        first, last = values.split([values.shape[1] - self.head_size, self.head_size], dim=1)
        return first.unflatten(1, (-1, self.head_size + 1)), last

    def score(self, firsts: Tensor, lasts: Tensor) -> Tensor:
        weights, biases = firsts.transpose(1, 2).split([self.head_size, 1], dim=3)          # (N, C, I, D), (N, C, I, 1)
        products = weights.flatten(1, 2) @ lasts.mT                                         # (N, C * I, J)
        return products.unflatten(1, weights.shape[1:3]) + biases

    @property
    def decision_kind(self) -> str:
        return (f'no entity or one category of {", ".join(self.categories)} for each span of up to {self.max_width} '
                'units')

    @property
    def scope(self) -> str:
        return f'{super().scope}; of the same span the first category'

    def proposed(self, spans: np.ndarray, cu_units: Tensor) -> np.ndarray:
        spans = super().proposed(spans, cu_units)                           # by category
        return spans[np.unique(spans[:, 1:], axis=0, return_index=True)[1]]

    def loss_of(self, decisions: tuple[Tensor, Tensor, PairRows], batch: PackedBatch) -> dict[str, Tensor]:
        """The mean over spans."""
        _, targets, rows = decisions
        classes = torch.where(targets.any(dim=1), targets.int().argmax(dim=1) + 1, 0)       # (N, I, J)
        return dict(loss_span=self.loss_module(self.choice_logits(decisions), classes[rows.pairs]))

    def num_terms(self, batch: PackedBatch) -> int:
        lengths = batch.cu_units.diff()
        widths = lengths.clamp(max=self.max_width)
        return int((widths * (2 * lengths - widths + 1)).sum()) // 2

    def select(self, scores: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
        best = scores.argmax(dim=1)                                                         # (N, I, J)
        row, first, last = ((best > 0) & pairs).nonzero().unbind(1)
        indices = torch.stack([row, best[row, first, last] - 1, first, last], dim=1)
        return indices, self.probs(scores, indices)

    def probs(self, scores: Tensor, indices: Tensor) -> Tensor:
        row, category, first, last = indices.unbind(1)
        return scores[row, :, first, last].double().softmax(dim=1).gather(1, category[:, None] + 1).squeeze(1)
