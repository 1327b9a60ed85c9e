from torch import Tensor, nn

from mmner.models.objectives.adversarial import (
    added,
    adversarial_loss,
    embedding_gradient,
    let_graphs_run_twice,
    scaled_to,
)
from mmner.models.objectives.base import BaseObjective
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError


@MODELS.register_module()
class FGM(BaseObjective):
    """Fast gradient method: the loss, and the loss where the word embedding is moved to make it worse.

    The embedding's weight as a whole moves by `epsilon` along its gradient g, epsilon * g / |g|, the form common for
    named entities; the source moves the embedded words of each text. A step takes two passes forward and two and a
    half backward, and the memory of two.

    Source: https://arxiv.org/abs/1605.07725

    Args:
        epsilon (float): Euclidean norm of the step; above 0.
    """

    def __init__(self, *, epsilon: float = 1.0):
        if epsilon <= 0:
            raise InputError(f'FGM: epsilon={epsilon} is not above 0; leave `objective` out to train without it')
        self.epsilon = epsilon

    def attach(self, model: nn.Module) -> None:
        let_graphs_run_twice()

    def __call__(self, model: nn.Module, batch: PackedBatch) -> dict[str, Tensor]:
        clean = model.decoder_loss(batch)
        delta = scaled_to(embedding_gradient(model, clean, retain_graph=True), self.epsilon)
        return added(clean, adversarial_loss(model, batch, delta))
