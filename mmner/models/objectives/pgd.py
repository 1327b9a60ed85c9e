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
class PGD(BaseObjective):
    """Projected gradient descent: as `FGM`, but the way to a worse loss is searched in several small steps.

    From 0 the word embedding moves by `step_size` along the gradient at where it is, and is brought back to the ball of
    radius `epsilon` whenever it leaves it. A step takes `num_steps` + 1 passes.

    Source: https://arxiv.org/abs/1706.06083; compared with others for text in https://arxiv.org/abs/1909.11764

    Args:
        epsilon (float): Greatest Euclidean norm of the sum of all steps; above 0.
        step_size (float): Norm of a step; above 0.
        num_steps (int): Steps; at least 1.
    """

    def __init__(self, *, epsilon: float = 1.0, step_size: float = 0.3, num_steps: int = 3):
        if epsilon <= 0 or step_size <= 0 or num_steps < 1:
            raise InputError(f'PGD: epsilon={epsilon}, step_size={step_size}, num_steps={num_steps}; the first two are '
                             'above 0, the last is at least 1')
        self.epsilon = epsilon
        self.step_size = step_size
        self.num_steps = num_steps

    def attach(self, model: nn.Module) -> None:
        let_graphs_run_twice()

    def __call__(self, model: nn.Module, batch: PackedBatch) -> dict[str, Tensor]:
        clean = losses = model.decoder_loss(batch)
        delta = 0
        for _ in range(self.num_steps):
            gradient = embedding_gradient(model, losses, retain_graph=losses is clean)
            delta = into_ball(delta + scaled_to(gradient, self.step_size), self.epsilon)
            losses = adversarial_loss(model, batch, delta)
        return added(clean, losses)


def into_ball(values: Tensor, radius: float) -> Tensor:
    """The nearest values whose Euclidean norm is at most the radius."""
    return values * (radius / values.norm()).clamp(max=1)
