import torch.nn.functional as F
from torch import Tensor, nn

from mmner.registry import MODELS
from mmner.utils import InputError


@MODELS.register_module()
class CrossEntropyLoss(nn.Module):
    """Cross-entropy, the mean over units.

    Args:
        label_smoothing (float): Share of the target spread evenly over all tags, from 0 to 1.
    """
    target_kind = 'one class for each row'

    def __init__(self, *, label_smoothing: float = 0.0):
        super().__init__()
        if not 0 <= label_smoothing <= 1:
            raise InputError(f'CrossEntropyLoss: label_smoothing={label_smoothing}; it is a share, from 0 to 1')
        self.label_smoothing = label_smoothing

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """(U, K) logits and (U,) tag ids to a scalar; 0 when there are no units."""
        if not len(targets):
            return logits.float().sum()
        return F.cross_entropy(logits.float(), targets, label_smoothing=self.label_smoothing)
