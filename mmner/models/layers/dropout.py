import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmner.utils import InputError


def dropout(values: Tensor, probability: float, training: bool) -> Tensor:
    """Zero values with a probability and scale up the others, so that their sum is kept on average.

    On the CPU a value is decided by 16 random bits, four values to one draw: torch's own takes one draw of a slower
    kind for each, 7 times as long and a tenth of a training step. The probability is thereby rounded to 1/65536.
    """
    if not training or probability == 0:
        return values
    dropped = round(probability * 2 ** 16)
    if values.device.type != 'cpu' or dropped == 2 ** 16 or torch.compiler.is_compiling():
        return F.dropout(values, probability)
    kept = random_int16(values.shape) >= dropped - 2 ** 15
    return values * kept.to(values.dtype).mul_(2 ** 16 / (2 ** 16 - dropped))


def check_probability(probability: float) -> None:
    if not 0 <= probability <= 1:
        raise InputError(f'dropout={probability}: give a probability, from 0 to 1')


def random_int16(shape: torch.Size) -> Tensor:
    """Uniform int16 of a shape on the CPU, from torch's generator."""
    count = shape.numel()
    draws = torch.empty(-(-count // 4), dtype=torch.int64).random_(-2 ** 63, None)
    return draws.view(torch.int16)[:count].view(shape)


class Dropout(nn.Module):
    """`dropout` in training.

    Args:
        probability (float): Probability of zeroing a value.

    Raises:
        InputError: It is not from 0 to 1.
    """

    def __init__(self, probability: float):
        super().__init__()
        check_probability(probability)
        self.probability = probability

    def forward(self, values: Tensor) -> Tensor:
        return dropout(values, self.probability, self.training)

    def extra_repr(self) -> str:
        return f'probability={self.probability}'
