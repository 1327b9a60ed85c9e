from torch import Tensor

from mmner.models.necks.base import BaseNeck
from mmner.registry import MODELS
from mmner.structures import PackedBatch


@MODELS.register_module()
class FirstTokenNeck(BaseNeck):
    """A unit takes the vector of its first token."""

    def forward(self, tokens: Tensor, batch: PackedBatch) -> Tensor:
        return tokens.index_select(0, batch.unit_to_token)
