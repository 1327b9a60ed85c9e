from torch import Tensor, nn

from mmner.models.objectives.base import BaseObjective
from mmner.models.objectives.tag_logits import losses_and_logits, mean_over_rows, require_tags
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError


@MODELS.register_module()
class RDrop(BaseObjective):
    """Two passes with different dropout that should agree: the mean of their losses, and how far their tags differ.

    The difference is the mean over units of (KL(P, Q) + KL(Q, P)) / 2, P and Q being a unit's distributions over tags
    in the two passes (for a CRF the softmax of its emissions).

    Source: https://arxiv.org/abs/2106.14448

    Args:
        alpha (float): Weight of the difference; above 0.
    """

    def __init__(self, *, alpha: float = 1.0):
        if alpha <= 0:
            raise InputError(f'RDrop: alpha={alpha} is not above 0; leave `objective` out to train without it')
        self.alpha = alpha

    def attach(self, model: nn.Module) -> None:
        require_tags(model.decoder, 'RDrop')

    def __call__(self, model: nn.Module, batch: PackedBatch) -> dict[str, Tensor]:
        first, first_logits = losses_and_logits(model, batch)
        second, second_logits = losses_and_logits(model, batch)
        both = {name: (loss + second[name]) / 2 for name, loss in first.items()}
        return both | dict(loss_r_drop=self.alpha * symmetric_kl(first_logits, second_logits))


def symmetric_kl(first: Tensor, second: Tensor) -> Tensor:
    """The mean over units of (KL(P, Q) + KL(Q, P)) / 2; P and Q are the softmax of two (U, K) logits."""
    log_p, log_q = first.log_softmax(dim=-1), second.log_softmax(dim=-1)
    return mean_over_rows((log_p.exp() - log_q.exp()) * (log_p - log_q)) / 2
