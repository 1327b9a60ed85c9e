"""How far the decisions of two passes are apart."""
import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmner.models.decoders import ComparableDecoder
from mmner.structures import PackedBatch
from mmner.utils import InputError


def require_comparable(decoder: nn.Module, objective: str) -> None:
    """Refuse a decoder that does not say what it decides.

    Raises:
        InputError: It is one.
    """
    if not isinstance(decoder, ComparableDecoder):
        raise InputError(f'{objective} compares decisions, which {type(decoder).__name__} does not give; use a decoder '
                         'that tags units or scores spans, or leave `objective` out of the model')


def losses_and_logits(model: nn.Module, batch: PackedBatch) -> tuple[dict[str, Tensor], Tensor]:
    """The losses of one pass and the (D, C) logits of its decisions."""
    decisions = model.decoder.decide(model.extract(batch), batch)
    return model.decoder.loss_of(decisions, batch), in_full(model.decoder.choice_logits(decisions))


def logits_of(model: nn.Module, batch: PackedBatch) -> Tensor:
    """The (D, C) logits of the decisions of one pass."""
    return in_full(model.decoder.choice_logits(model.decoder.decide(model(batch), batch)))


def in_full(logits: Tensor) -> Tensor:
    """In at least float32."""
    return logits.float() if logits.dtype.itemsize < 4 else logits


def symmetric_kl(first: Tensor, second: Tensor) -> Tensor:
    """The sum over decisions of (KL(P, Q) + KL(Q, P)) / 2; P and Q are the softmax of two (D, C) logits."""
    log_p, log_q = first.log_softmax(dim=1), second.log_softmax(dim=1)
    return ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum() / 2


def mean_choice(logits: Sequence[Tensor], temperature: float) -> Tensor:
    """(D, C) logits that, softened, are the mean of the softened probabilities of several (D, C) logits."""
    log_p = torch.stack([(one / temperature).log_softmax(dim=1) for one in logits])
    return temperature * (log_p.logsumexp(dim=0) - math.log(len(logits)))


def softened_kl(teacher: Tensor, student: Tensor, temperature: float) -> Tensor:
    """temperature ** 2 * the sum over decisions of KL(teacher, student), from two (D, C) logits.

    The square keeps the gradients as large as those of the decoder's loss, whatever the temperature.
    """
    teacher_log, student_log = ((logits / temperature).log_softmax(dim=1) for logits in (teacher, student))
    return temperature ** 2 * F.kl_div(student_log, teacher_log, reduction='sum', log_target=True)
