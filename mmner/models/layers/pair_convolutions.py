from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PairConvolutions(nn.Module):
    """Each pair of units looks at pairs around it: 3 x 3 convolutions of growing dilation, upon each other.

    Every channel has weights of its own, as in the authors' code; the outcomes of all convolutions are kept.

    Source: Li et al. 2022, 3.3, https://arxiv.org/abs/2112.10070

    Args:
        channels (int): C.
        dilations (Sequence[int]): How far the pairs that a convolution reads lie from each other.
    """

    def __init__(self, *, channels: int, dilations: Sequence[int]):
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation, groups=channels)
            for dilation in dilations)

    def forward(self, pairs: Tensor, mask: Tensor) -> Tensor:
        """(N, L, L, C) and (N, L, L) bool, where there is a pair, to (N, L, L, C * number of convolutions)."""
        # (N, C, L, L). With channels last in memory oneDNN's gradient of dilated convolutions in bfloat16 is wrong.
        values, mask, outcomes = pairs.movedim(3, 1).contiguous(), mask[:, None], []
        for convolution in self.convolutions:
            values = F.gelu(convolution(values * mask))
            outcomes.append(values.movedim(1, 3))
        return torch.cat(outcomes, dim=3)
