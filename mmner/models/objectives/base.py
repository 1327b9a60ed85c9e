from abc import ABC, abstractmethod

from torch import Tensor, nn

from mmner.structures import PackedBatch


class BaseObjective(ABC):
    """What training minimises where one pass and the decoder's loss are not all.

    It is no module: it has no weights of its own and leaves no trace in a checkpoint. A model in testing mode does not
    use it.
    """

    def attach(self, model: nn.Module) -> None:     # noqa: B027 most objectives train any model
        """Called once by the model that is built with it.

        Raises:
            InputError: The model cannot be trained so.
        """

    @abstractmethod
    def __call__(self, model: nn.Module, batch: PackedBatch) -> dict[str, Tensor]:
        """Named losses of a batch; `model.decoder_loss(batch)` gives those of a plain pass."""
