from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch._functorch.config
import torch.nn.functional as F
from torch import Tensor, nn

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
        # By default a compiled backward writes over what its graph keeps, and then refuses `retain_graph`.
        torch._functorch.config.donated_buffer = False

    def __call__(self, model: nn.Module, batch: PackedBatch) -> dict[str, Tensor]:
        clean = losses = model.decoder_loss(batch)
        delta = 0
        for _ in range(self.num_steps):
            gradient = embedding_gradient(model, losses, retain_graph=losses is clean)
            delta = into_ball(delta + scaled_to(gradient, self.step_size), self.epsilon)
            with perturbed(model.encoder.embeddings.word, delta):
                losses = model.decoder_loss(batch)
        return clean | {f'adversarial_{name}': loss for name, loss in losses.items()}


def embedding_gradient(model: nn.Module, losses: dict[str, Tensor], *, retain_graph: bool) -> Tensor:
    """The gradient of the sum of losses by the word embedding, (vocabulary, embedding size).

    Nothing is added to any `.grad`, and no hook of DistributedDataParallel runs.

    Raises:
        InputError: The word embedding is frozen.
    """
    weight = model.encoder.embeddings.word.weight
    if not weight.requires_grad:
        raise InputError('adversarial training moves the word embedding by its gradient, but it is frozen; train it, '
                         'or leave `objective` out of the model')
    loss, _ = model.parse_losses(losses)
    with torch.autocast(weight.device.type, enabled=False):             # as backward after the forward pass
        gradient, = torch.autograd.grad(loss, weight, retain_graph=retain_graph)
    return gradient


def scaled_to(values: Tensor, norm: float) -> Tensor:
    """Values scaled to a Euclidean norm; zeros stay zeros."""
    own = values.norm()
    return values * torch.where(own > 0, norm / own, 0)


def into_ball(values: Tensor, radius: float) -> Tensor:
    """The nearest values whose Euclidean norm is at most the radius."""
    return values * (radius / values.norm()).clamp(max=1)


@contextmanager
def perturbed(embedding: nn.Embedding, delta: Tensor) -> Iterator[None]:
    """The embedding gives vectors as if `delta` were added to its weight, which stays as it is."""
    handle = embedding.register_forward_hook(lambda _, inputs, vectors: vectors + F.embedding(inputs[0], delta))
    try:
        yield
    finally:
        handle.remove()
