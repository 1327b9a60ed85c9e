from abc import ABC, abstractmethod

from mmengine.model import BaseModule
from torch import Tensor

from mmner.models.encoders.bert_encoder import init_bert_weights
from mmner.models.weights import load_whole
from mmner.structures import PackedBatch


class BasePretrainingHead(BaseModule, ABC):
    """A task of pre-training over the encoder's vectors.

    Attributes:
        names (dict): For each `model_type` of a Hugging Face config that has such a head, its parts' names there.
    """
    names: dict[str, dict[str, str]]

    @abstractmethod
    def loss(self, hidden: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        """(T, H) token vectors to the losses."""

    @abstractmethod
    def num_terms(self, batch: PackedBatch) -> int:
        """Over how many terms the loss of the batch averages: its weight among other batches."""

    @abstractmethod
    def predict(self, hidden: Tensor, batch: PackedBatch) -> None:
        """Note in each PretrainingSample how well it was guessed."""

    def init_weights(self) -> None:
        self.apply(init_bert_weights)
        self._is_init = True

    def file_names(self, model_type: str) -> dict[str, str]:
        """The name of each weight to its name in a file; empty where this type of model has no such head."""
        parts = self.names.get(model_type, {})
        own = (name.partition('.') for name in self.state_dict())
        return {part + dot + rest: parts[part] + dot + rest for part, dot, rest in own} if parts else {}

    def load_from(self, weights: dict[str, Tensor], source: str) -> bool:
        """Load the head from a pretrained file that has all of it; returns whether it has.

        Raises:
            InputError: A weight has another shape.
        """
        weights = {name.replace('.gamma', '.weight').replace('.beta', '.bias'): weight     # names of 2018
                   for name, weight in weights.items()}
        for model_type in self.names:
            names = self.file_names(model_type)
            if names.keys() and set(names.values()) <= weights.keys():
                load_whole(self, {own: weights[theirs] for own, theirs in names.items()}, source)
                return True
        return False
