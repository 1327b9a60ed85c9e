import torch
from torch import Tensor, nn

from mmner.registry import MODELS


@MODELS.register_module()
class MultiLabelCrossEntropyLoss(nn.Module):
    """Softmax cross-entropy for any number of right classes: each right one above 0, each wrong one below, by far.

    log(1 + sum of e^s over the wrong classes) + log(1 + sum of e^-s over the right ones), the mean over rows. The few
    right classes among thousands need no weights.

    Source: https://kexue.fm/archives/7359; for spans https://arxiv.org/abs/2208.03054
    """
    target_kind = 'yes or no for each class'

    def forward(self, logits: Tensor, targets: Tensor, terms: Tensor | None = None,
                num_terms: int | None = None) -> Tensor:
        """The mean over rows, or over terms that are made of several; 0 when there are none.

        Args:
            logits (Tensor): (R, P) scores; the least finite value for what is no class of its row.
            targets (Tensor): (R, P) bool, the right classes.
            terms (Tensor, optional): (R,) int64, which of T terms each row is a part of; None: a term each.
            num_terms (int, optional): T.
        """
        if not len(logits):
            return logits.float().sum()
        if terms is None:
            terms, num_terms = torch.arange(len(logits), device=logits.device), len(logits)
        logits = logits.float()
        wrong = logits.masked_fill(targets, torch.finfo(logits.dtype).min).logsumexp(dim=1)
        rows, classes = targets.nonzero().unbind(1)
        return torch.mean(log_1_plus_sum(wrong, terms, num_terms) +
                          log_1_plus_sum(-logits[rows, classes], terms[rows], num_terms))


def log_1_plus_sum(values: Tensor, terms: Tensor, num_terms: int) -> Tensor:
    """(T,) log(1 + sum of e^v) over the (E,) values of each term."""
    largest = values.new_zeros(num_terms).scatter_reduce(0, terms, values.detach(), 'amax')
    return largest + torch.exp(-largest).index_add(0, terms, torch.exp(values - largest[terms])).log()
