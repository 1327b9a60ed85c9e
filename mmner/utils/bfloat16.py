import math
import time

import torch
import torch.nn.functional as F

# Rows of a batch, size of the input and of the output: a product of a small encoder.
ROWS, INNER, OUTER = 256, 384, 1536
REPEATS = 5


def bfloat16_speedup(device: str | torch.device) -> float:
    """The rate at which a device multiplies in bfloat16 over that in float32; only a CPU is measured.

    On a CPU it is below 1 without units for bfloat16, and also with slow ones. A GPU without them, which is one before
    Ampere, has 0; any other device inf.
    """
    kind = torch.device(device).type
    if kind != 'cpu':
        return 0.0 if kind == 'cuda' and not torch.cuda.is_bf16_supported(including_emulation=False) else math.inf
    in_float32, in_bfloat16 = (min(seconds_of_product(dtype) for _ in range(REPEATS))
                               for dtype in (torch.float32, torch.bfloat16))
    return in_float32 / in_bfloat16


def seconds_of_product(dtype: torch.dtype) -> float:
    left, right = torch.ones(ROWS, INNER, dtype=dtype), torch.ones(OUTER, INNER, dtype=dtype)
    begin = time.perf_counter()
    F.linear(left, right)
    return time.perf_counter() - begin
