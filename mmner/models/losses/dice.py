import torch
from torch import Tensor, nn

from mmner.registry import MODELS
from mmner.utils import InputError


@MODELS.register_module()
class DiceLoss(nn.Module):
    """Self-adjusting Dice loss: F1 with probabilities for decisions, so that the many units outside weigh little.

    Of each tag, over the units of the batch, with probabilities p and gold y (0 or 1):

        1 - (2 sum(f y) + smooth) / (sum(f^2) + sum(y) + smooth),   f = (1 - p)^alpha p

    The loss is the mean over tags: a rare tag weighs as much as a frequent one. (1 - p)^alpha weighs down what the
    model is sure of; f is greatest at p = 1 / (1 + alpha), and the loss pulls a gold tag there: alpha is small, as in
    the authors' code. The source also has a fraction for each unit; trained so, everything became O here.

    Source: https://arxiv.org/abs/1911.02855

    Args:
        alpha (float): Strength of the adjustment; at least 0.
        smooth (float): What is added to both sides of the fraction; above 0, so that a tag that is absent counts.
    """
    target_kind = 'one class for each row'

    def __init__(self, *, alpha: float = 0.01, smooth: float = 1.0):
        super().__init__()
        if alpha < 0 or smooth <= 0:
            raise InputError(f'DiceLoss: alpha={alpha}, smooth={smooth}; the first is at least 0, the other above 0')
        self.alpha = alpha
        self.smooth = smooth

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """(U, K) logits and (U,) tag ids to a scalar; 0 when there are no units."""
        if not len(targets):
            return logits.float().sum()
        log_probs = logits.float().log_softmax(dim=-1)                                              # (U, K)
        wrong = -torch.expm1(log_probs)                         # 1 - p; at 0 a root (alpha < 1) has no gradient
        least = torch.finfo(wrong.dtype).eps / 2                # what is nearer to 0 comes out as 0
        adjusted = wrong.clamp(min=least) ** self.alpha * log_probs.exp()                           # (U, K), f
        gold = nn.functional.one_hot(targets, logits.shape[1])                                      # (U, K), y
        dice = (2 * (adjusted * gold).sum(dim=0) + self.smooth) / (
            adjusted.square().sum(dim=0) + gold.sum(dim=0) + self.smooth)                           # (K,)
        return (1 - dice).mean()
