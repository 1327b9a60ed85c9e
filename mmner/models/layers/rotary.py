import torch
from torch import Tensor


def rotary(values: Tensor, places: Tensor) -> Tensor:
    """Turn vectors by their place, so that the product of two depends on the distance of their places alone.

    Interleaved: values 2d and 2d + 1 are a point in the plane, turned by place * 10000^(-2d / D). Computed in float64,
    or else the angles of a long text's end would be inexact; no weights.

    Source: https://arxiv.org/abs/2104.09864

    Args:
        values (Tensor): (U, ..., D) float32 or float64, D even.
        places (Tensor): (U,) place of each vector.

    Returns:
        Tensor: The shape and dtype of `values`.
    """
    size = values.shape[-1]
    rates = 10000 ** (-torch.arange(0, size, 2, dtype=torch.float64, device=values.device) / size)     # (D / 2,)
    angles = (places[:, None] * rates).view(-1, *[1] * (values.dim() - 2), size // 2)
    turns = torch.polar(torch.ones_like(angles), angles).to(values.dtype.to_complex())
    points = torch.view_as_complex(values.unflatten(-1, (-1, 2)).contiguous())              # (U, ..., D / 2)
    return torch.view_as_real(points * turns).flatten(-2)
