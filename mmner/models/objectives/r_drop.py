from torch import Tensor, nn

from mmner.models.objectives.base import BaseObjective
from mmner.models.objectives.divergence import losses_and_logits, require_comparable, symmetric_kl
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError


@MODELS.register_module()
class RDrop(BaseObjective):
    """Two passes with different dropout that should agree: the mean of their losses, and how far they differ.

    The difference is the sum over decisions of (KL(P, Q) + KL(Q, P)) / 2, divided by the terms of the decoder's loss. P
    and Q are the distributions of a decision in the two passes: over the tags of a unit (for a CRF the softmax of its
    emissions), or for GlobalPointer over whether a span is an entity of a category; its terms are samples times
    categories.

    Source: https://arxiv.org/abs/2106.14448; for spans https://kexue.fm/archives/9039

    Args:
        alpha (float): Weight of the difference; above 0.
    """

    def __init__(self, *, alpha: float = 1.0):
        if alpha <= 0:
            raise InputError(f'RDrop: alpha={alpha} is not above 0; give the weight of the difference, '
                             'or train without R-Drop')
        self.alpha = alpha

    def attach(self, model: nn.Module) -> None:
        require_comparable(model.decoder, 'RDrop')

    def __call__(self, model: nn.Module, batch: PackedBatch) -> dict[str, Tensor]:
        return self.agreeing(*(losses_and_logits(model, batch) for _ in range(2)), model.decoder.num_terms(batch))

    def agreeing(self, first: tuple[dict[str, Tensor], Tensor], second: tuple[dict[str, Tensor], Tensor],
                 num_terms: int) -> dict[str, Tensor]:
        """The losses of two passes, each given as its losses and the (D, C) logits of its decisions."""
        (losses, logits), (other_losses, other_logits) = first, second
        both = {name: (loss + other_losses[name]) / 2 for name, loss in losses.items()}
        return both | dict(loss_r_drop=self.alpha * symmetric_kl(logits, other_logits) / max(num_terms, 1))
