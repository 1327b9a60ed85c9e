from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmner.models.decoders.global_pointer_base import BaseGlobalPointerDecoder
from mmner.models.layers import Dropout, rotary
from mmner.registry import MODELS


@MODELS.register_module()
class EfficientGlobalPointerDecoder(BaseGlobalPointerDecoder):
    """Find spans by one product of a query and a key for all categories, and classify them by a bias for each.

    Score of category c for the span from unit i to unit j: q_i · k_j / √D, turned by rotary positions, whether it is an
    entity; plus w_c · [q_i; k_i] + v_c · [q_j; k_j], of which category. A category costs 4D weights.

    Source: Su et al. 2022, https://arxiv.org/abs/2208.03054

    Args:
        hidden_size (int): H, the width of the encoder.
        categories (Sequence[str]): The K labels of entities.
        head_size (int): D, the width of queries and keys, even.
        max_width (int): Units of the longest entity.
        selection (dict, optional): Config of what decides which of overlapping spans stay; None: AllSpans.
        loss_module (dict, optional): Config of the loss over the scores of a category's spans in a sample; None:
            MultiLabelCrossEntropyLoss.
        dropout (float): Probability of zeroing a hidden value.
    """

    def __init__(self, *, hidden_size: int, categories: Sequence[str], head_size: int = 64, max_width: int = 512,
                 selection: dict | None = None, loss_module: dict | None = None, dropout: float = 0.1,
                 init_cfg: dict | None = None):
        super().__init__(categories=categories, head_size=head_size, max_width=max_width, selection=selection,
                         loss_module=loss_module, init_cfg=init_cfg)
        self.dropout = Dropout(dropout)
        self.query_key = nn.Linear(hidden_size, 2 * head_size)
        self.classifier = nn.Linear(2 * head_size, 2 * len(self.categories))

    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) to (U, 2D + 2K): the query, the key, the categories' biases as a first and as a last unit."""
        query_key = self.query_key(self.dropout(hidden))
        return torch.cat([query_key, self.classifier(query_key)], dim=1)

    def sides(self, values: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """(U, D + K) each: the turned query or key and the biases."""
        size, num_categories = self.head_size, len(self.categories)
        query, key, first, last = values.split([size, size, num_categories, num_categories], dim=1)
        return (torch.cat([rotary(query, positions) / size ** 0.5, first], dim=1),
                torch.cat([rotary(key, positions), last], dim=1))

    def score(self, firsts: Tensor, lasts: Tensor) -> Tensor:
        sizes = [self.head_size, len(self.categories)]
        (query, first), (key, last) = firsts.split(sizes, dim=2), lasts.split(sizes, dim=2)
        return (query @ key.mT)[:, None] + first.mT[:, :, :, None] + last.mT[:, :, None]
