from abc import ABC, abstractmethod

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmner.structures import PackedBatch


class BaseNeck(BaseModule, ABC):
    """The step from tokens to units."""

    def attach(self, encoder: nn.Module) -> None:
        """Called once by the model, for a neck that shares weights with the encoder."""

    @abstractmethod
    def forward(self, tokens: Tensor, batch: PackedBatch) -> Tensor:
        """(T, H) token vectors to (U, H) unit vectors."""
