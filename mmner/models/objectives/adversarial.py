"""What adversarial training on the word embedding needs."""
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch._functorch.config
import torch.nn.functional as F
from torch import Tensor, nn

from mmner.structures import PackedBatch
from mmner.utils import InputError


def let_graphs_run_twice() -> None:
    """By default a compiled backward writes over what its graph keeps, and then refuses `retain_graph`."""
    torch._functorch.config.donated_buffer = False


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


@contextmanager
def perturbed(embedding: nn.Embedding, delta: Tensor) -> Iterator[None]:
    """The embedding gives vectors as if `delta` were added to its weight, which stays as it is."""
    handle = embedding.register_forward_hook(
        lambda _, inputs, vectors: vectors + F.embedding(inputs[0], delta))
    try:
        yield
    finally:
        handle.remove()


def adversarial_loss(model: nn.Module, batch: PackedBatch, delta: Tensor) -> dict[str, Tensor]:
    """The decoder's losses where `delta` is added to the word embedding of encoder and neck."""
    with perturbed(model.encoder.embeddings.word, delta):
        return model.decoder_loss(batch)


def added(clean: dict[str, Tensor], adversarial: dict[str, Tensor]) -> dict[str, Tensor]:
    """Both kinds of losses, under names that tell them apart."""
    return clean | {f'adversarial_{name}': loss for name, loss in adversarial.items()}
