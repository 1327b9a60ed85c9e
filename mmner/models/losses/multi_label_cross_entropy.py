import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmner.registry import MODELS


@MODELS.register_module()
class MultiLabelCrossEntropyLoss(nn.Module):
    """Softmax cross-entropy for any number of right classes: each right one above 0, each wrong one below, by far.

    log(1 + sum of e^s over the wrong classes) + log(1 + sum of e^-s over the right ones), the mean over rows. The few
    right classes among thousands need no weights.

    Source: https://kexue.fm/archives/7359; for spans https://arxiv.org/abs/2208.03054
    """

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """To a scalar; 0 when there are no rows.

        Args:
            logits (Tensor): (R, P) scores; -inf for what is no class of its row.
            targets (Tensor): (R, P) bool, the right classes.
        """
        if not len(logits):
            return logits.float().sum()
        logits = logits.float()
        wrong = F.pad(logits.masked_fill(targets, -torch.inf), (1, 0)).logsumexp(dim=1)     # the 0 in front is the 1
        rows, classes = targets.nonzero().unbind(1)
        return torch.mean(wrong + log_1_plus_sum(-logits[rows, classes], rows, len(logits)))


def log_1_plus_sum(values: Tensor, rows: Tensor, num_rows: int) -> Tensor:
    """(R,) log(1 + sum of e^v) over the (E,) values of each row; they are too few to walk through all of (R, P)."""
    largest = values.new_zeros(num_rows).scatter_reduce(0, rows, values.detach(), 'amax')
    return largest + torch.exp(-largest).index_add(0, rows, torch.exp(values - largest[rows])).log()
