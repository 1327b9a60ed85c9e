import torch
from torch import Tensor, nn

from mmner.registry import MODELS
from mmner.utils import InputError


@MODELS.register_module()
class FocalLoss(nn.Module):
    """Cross-entropy weighted down where the model is already sure: (1 - p)^gamma * -log p, the mean over units.

    Source: https://arxiv.org/abs/1708.02002

    Args:
        gamma (float): Strength, at least 0; 0 is cross-entropy.
    """
    target_kind = 'one class for each row'

    def __init__(self, *, gamma: float = 2.0):
        super().__init__()
        if gamma < 0:
            raise InputError(f'FocalLoss: gamma={gamma}; it is at least 0')
        self.gamma = gamma

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """(U, K) logits and (U,) tag ids to a scalar; 0 when there are no units."""
        if not len(targets):
            return logits.float().sum()
        log_probs = logits.float().log_softmax(dim=-1).gather(1, targets[:, None]).squeeze(1)       # (U,)
        wrong = -torch.expm1(log_probs)                         # 1 - p; at 0 a root (gamma < 1) has no gradient
        weights = wrong.clamp(min=torch.finfo(wrong.dtype).tiny) ** self.gamma
        return torch.mean(-weights * log_probs)
