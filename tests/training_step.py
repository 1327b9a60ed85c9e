"""The first step of a training."""
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from torch import nn

from mmner.registry import HOOKS
from mmner.structures import PackedBatch


def train_step(model: nn.Module, config: Config, batch: PackedBatch) -> set[str]:
    """Loss, gradient and a step of the optimizer, all as the config has it, after which no weight is what it was.

    Returns the names of the losses. The hooks are built, too.
    """
    optim_wrapper = build_optim_wrapper(model, config.optim_wrapper)
    for schedule in config.param_scheduler:
        PARAM_SCHEDULERS.build(schedule, default_args=dict(optimizer=optim_wrapper, epoch_length=100))
    for hook in [*config.default_hooks.values(), *config.get('custom_hooks', [])]:
        HOOKS.build(hook)
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    for _ in range(config.optim_wrapper.get('accumulative_counts', 1)):
        losses = model.train_step(batch, optim_wrapper)
    assert losses['loss'].isfinite(), losses
    unchanged = [name for name, weight in model.named_parameters() if torch.equal(weight, before[name])]
    assert not unchanged, unchanged
    return losses.keys() - {'loss'}
