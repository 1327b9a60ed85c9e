import torch
from torch import Tensor

from mmner.models.decoders.span_base import yes_or_no
from mmner.models.decoders.span_grid import BaseSpanGridDecoder
from mmner.models.layers import PairRows
from mmner.structures import PackedBatch
from mmner.utils import InputError


class BaseGlobalPointerDecoder(BaseSpanGridDecoder):
    """What the forms of GlobalPointer share: one score for each category and span, an entity where it is above 0.

    Each span of each category stands for itself: entities may nest, overlap and share a span, as far as the selection
    lets them. An entity's score is the sigmoid of its span's.

    Args:
        head_size (int): D, the width of queries and keys, even.
        selection (dict, optional): Config of what decides which of overlapping spans stay; None: AllSpans.
        loss_module (dict, optional): Config of the loss over the scores of a category's spans in a sample:
            MultiLabelCrossEntropyLoss (None) or BinaryCrossEntropyLoss.
    """

    def __init__(self, *, head_size: int, selection: dict | None = None, loss_module: dict | None = None, **kwargs):
        super().__init__(selection=selection or dict(type='AllSpans'), **kwargs)
        if head_size < 2 or head_size % 2:
            raise InputError(f'head_size={head_size}: rotary positions turn pairs of values; give an even number')
        self.head_size = head_size
        self.loss_module = self.build_loss(loss_module, 'MultiLabelCrossEntropyLoss')

    @property
    def decision_kind(self) -> str:
        return f'spans of up to {self.max_width} units of {", ".join(self.categories)}'

    def loss_of(self, decisions: tuple[Tensor, Tensor, PairRows], batch: PackedBatch) -> dict[str, Tensor]:
        """The mean over samples and categories."""
        scores, targets, rows = decisions
        scores = scores.masked_fill(~rows.pairs[:, None], torch.finfo(scores.dtype).min)
        num_categories = len(self.categories)
        terms = rows.samples[:, None] * num_categories + torch.arange(num_categories)
        return dict(loss_span=self.loss_module(
            scores.flatten(2).flatten(0, 1), targets.flatten(2).flatten(0, 1),
            terms.flatten().to(scores.device, non_blocking=True), self.num_terms(batch)))

    def choice_logits(self, decisions: tuple[Tensor, Tensor, PairRows]) -> Tensor:
        """(P * K, 2): each span of each category stands for itself."""
        return yes_or_no(super().choice_logits(decisions))

    def num_terms(self, batch: PackedBatch) -> int:
        return int(batch.cu_units.diff().count_nonzero()) * len(self.categories)

    def select(self, scores: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
        indices = ((scores > 0) & pairs[:, None]).nonzero()
        return indices, self.probs(scores, indices)

    def probs(self, scores: Tensor, indices: Tensor) -> Tensor:
        return scores[indices.unbind(1)].double().sigmoid()
