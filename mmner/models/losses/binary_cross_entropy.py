import torch.nn.functional as F
from torch import Tensor, nn

from mmner.registry import MODELS


@MODELS.register_module()
class BinaryCrossEntropyLoss(nn.Module):
    """Yes or no for each class on its own: the sum over classes, the mean over units."""
    target_kind = 'yes or no for each class'

    def forward(self, logits: Tensor, targets: Tensor, terms: Tensor | None = None,
                num_terms: int | None = None) -> Tensor:
        """(U, K) logits and (U, K) bool to a scalar; 0 when there are no units.

        Where the mean is to be over terms that are made of several rows, `terms` are (U,) and there are `num_terms`.
        """
        logits = logits.float()
        total = F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), reduction='sum')
        return total / max(len(logits) if terms is None else num_terms, 1)
