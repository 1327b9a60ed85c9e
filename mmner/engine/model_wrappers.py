from mmengine.model import is_model_wrapper
from torch import nn


def unwrapped(model: nn.Module) -> nn.Module:
    """The model itself, which the ranks of a distributed run wrap."""
    return model.module if is_model_wrapper(model) else model
