"""The tag logits behind a loss."""
from torch import Tensor, nn

from mmner.models.decoders import BaseTaggingDecoder
from mmner.structures import PackedBatch
from mmner.utils import InputError


def require_tags(decoder: nn.Module, objective: str) -> None:
    """Refuse a decoder that does not give each unit a tag.

    Raises:
        InputError: It is another.
    """
    if not isinstance(decoder, BaseTaggingDecoder):
        raise InputError(f'{objective} compares the tags of units, which {type(decoder).__name__} has not; use a '
                         'decoder with a tag scheme, or leave `objective` out of the model')


def losses_and_logits(model: nn.Module, batch: PackedBatch) -> tuple[dict[str, Tensor], Tensor]:
    """The losses of one pass and the (U, K) logits that they were computed from, in at least float32."""
    kept: list[Tensor] = []
    handle = model.decoder.register_forward_hook(lambda _, inputs, logits: kept.append(logits))
    try:
        losses = model.decoder_loss(batch)
    finally:
        handle.remove()
    logits, = kept
    return losses, in_full(logits)


def in_full(logits: Tensor) -> Tensor:
    return logits.float() if logits.dtype.itemsize < 4 else logits


def mean_over_rows(values: Tensor) -> Tensor:
    """(U, K) to the mean over U of the sums over K; 0 when there are no units."""
    return values.sum() / max(len(values), 1)
