from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from torch import Tensor

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = dict(
    gelu=F.gelu, gelu_tanh=partial(F.gelu, approximate='tanh'), relu=F.relu)
