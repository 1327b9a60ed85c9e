"""Linear layers for testing alone: made from a trained one, in a number format that computes faster."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmner.models.layers.activations import ACTIVATIONS
from mmner.utils import InputError

# What oneDNN calls the activations that it can apply in the product: name and algorithm.
POST_OPS = {None: ('none', ''), 'gelu': ('gelu', 'none'), 'gelu_tanh': ('gelu', 'tanh'), 'relu': ('relu', '')}

class BFloat16Linear(nn.Module):
    """A linear layer, and an activation if any, in bfloat16; on the CPU the weight is laid out as oneDNN reads it.

    Args:
        linear (nn.Linear): The trained layer, which stays as it is.
        activation (str, optional): 'gelu', 'gelu_tanh' or 'relu'.
    """

    def __init__(self, linear: nn.Linear, activation: str | None = None):
        super().__init__()
        self.weight = linear.weight.detach().bfloat16()
        self.bias = linear.bias.detach().bfloat16()
        self.activation = activation
        self.post_op = POST_OPS[activation]
        self.is_packed = self.weight.device.type == 'cpu' and torch.ops.mkldnn._is_mkldnn_bf16_supported()
        if self.is_packed:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(self.weight)

    def forward(self, values: Tensor) -> Tensor:
        """(T, in features) of any type to (T, out features) in bfloat16."""
        values = values.bfloat16()
        if self.is_packed:
            name, algorithm = self.post_op
            return torch.ops.mkldnn._linear_pointwise(values, self.weight, self.bias, name, [], algorithm)
        values = F.linear(values, self.weight, self.bias)
        return ACTIVATIONS[self.activation](values) if self.activation else values


class Int8Linear(nn.Module):
    """A linear layer, and an activation if any, with weights and inputs of 8 bits, on the CPU.

    Weights are scaled by output, inputs by the least and greatest value of the batch (dynamic quantization).

    Args:
        linear (nn.Linear): The trained layer, which stays as it is.
        activation (str, optional): 'gelu', 'gelu_tanh' or 'relu'.

    Raises:
        InputError: The layer is on another device.
    """

    def __init__(self, linear: nn.Linear, activation: str | None = None):
        super().__init__()
        weight = linear.weight.detach().float()
        if weight.device.type != 'cpu':
            raise InputError(f"precision='int8' computes on the CPU, the model is on {weight.device}; use 'bfloat16'")
        self.scales = weight.abs().amax(dim=1).clamp(min=1e-12) / 127           # (out features,)
        self.zero_points = torch.zeros(len(weight), dtype=torch.int64)
        self.weight = torch.ops.onednn.qlinear_prepack((weight / self.scales[:, None]).round().to(torch.int8), None)
        self.bias = linear.bias.detach().float()
        self.post_op = POST_OPS[activation]

    def forward(self, values: Tensor) -> Tensor:
        """(T, in features) of any type to (T, out features) in bfloat16."""
        rounded, scale, zero_point = quantize(values)
        name, algorithm = self.post_op
        return torch.ops.onednn.qlinear_pointwise(
            rounded, scale, zero_point, self.weight, self.scales, self.zero_points, self.bias, 1.0, 0, torch.bfloat16,
            name, [], algorithm)


def quantize(values: Tensor) -> tuple[Tensor, float, int]:
    """Values to uint8, with the scale and the zero point by which value = scale * (uint8 - zero point).

    torch rounds the factor to the type of the values; a factor that bfloat16 holds is the same in both, and 252 steps
    leave room for its rounding, since a value beyond 255 would begin again at 0.
    """
    low, high = (float(bound) for bound in torch.aminmax(values)) if len(values) else (0.0, 0.0)
    low, high = min(low, 0.0), max(high, 0.0)
    factor = torch.tensor(252 / max(high - low, 1e-12)).bfloat16().item()
    zero_point = round(-low * factor)
    shifted = torch.add(torch.tensor(float(zero_point)), values, alpha=factor)
    return shifted.round_().to(torch.uint8), 1 / factor, zero_point
