from collections.abc import Sequence

from torch import Tensor, nn

from mmner.models.decoders.global_pointer_base import BaseGlobalPointerDecoder
from mmner.models.layers import Dropout, rotary
from mmner.registry import MODELS


@MODELS.register_module()
class GlobalPointerDecoder(BaseGlobalPointerDecoder):
    """Find the spans of each category by queries and keys of its own.

    Score of category c for the span from unit i to unit j: q_ic · k_jc / √D, turned by rotary positions. A category
    costs 2HD weights.

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
        self.query_key = nn.Linear(hidden_size, 2 * len(self.categories) * head_size)

    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) to (U, 2KD): the queries of all categories, then the keys of all."""
        return self.query_key(self.dropout(hidden))

    def sides(self, values: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """(U, K, D) each: turned queries and keys."""
        queries, keys = rotary(values.unflatten(1, (2, -1, self.head_size)), positions).unbind(1)
        return queries / self.head_size ** 0.5, keys

    def score(self, firsts: Tensor, lasts: Tensor) -> Tensor:
        return firsts.transpose(1, 2) @ lasts.permute(0, 2, 3, 1)
