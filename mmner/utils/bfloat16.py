import math
import time

import torch
import torch.nn.functional as F

# Rows of a batch, size of the input and of the output: a product of a small encoder.
ROWS, INNER, OUTER = 256, 384, 1536


def bfloat16_speedup(device: str | torch.device, repeats: int = 5) -> float:
    """The rate at which a CPU multiplies in bfloat16 over that in float32; inf, unmeasured, for another device.

    It is below 1 without units for bfloat16, and also with slow ones.
    """
    if torch.device(device).type != 'cpu':
        return math.inf
    in_float32, in_bfloat16 = (min(seconds_of_product(dtype) for _ in range(repeats))
                               for dtype in (torch.float32, torch.bfloat16))
    return in_float32 / in_bfloat16


def seconds_of_product(dtype: torch.dtype) -> float:
    left, right = torch.ones(ROWS, INNER, dtype=dtype), torch.ones(OUTER, INNER, dtype=dtype)
    begin = time.perf_counter()
    F.linear(left, right)
    return time.perf_counter() - begin
