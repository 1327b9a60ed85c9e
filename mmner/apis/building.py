"""A model and the pipeline before it, built from a config without a Runner."""
from collections.abc import Callable

import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from torch import nn

from mmner.apis.model_source import ModelSource
from mmner.models.checkpoint import load_model
from mmner.models.weights import read_checkpoint
from mmner.registry import MODELS, TRANSFORMS
from mmner.utils import InputError
from mmner.utils.config import config_mistakes


def choose_device(name: str | None) -> torch.device:
    """The device of this name; without one CUDA where there is any, else the CPU.

    Raises:
        InputError: There is no such device.
    """
    has_cuda = torch.cuda.is_available()
    try:
        device = torch.device(name or ('cuda' if has_cuda else 'cpu'))
    except RuntimeError:
        device = None
    if device is None or device.type not in ('cpu', 'cuda'):
        raise InputError(f'device {name!r} is unknown; give cpu, cuda or cuda:N')
    if device.type == 'cuda' and (device.index or 0) >= (torch.cuda.device_count() if has_cuda else 0):
        raise InputError(f'device {name!r} is not there: torch sees {torch.cuda.device_count()} CUDA devices')
    return device


def test_dataset(source: ModelSource) -> Config:
    """The part of the config that says how evaluation reads texts, with `pipeline` and `categories`.

    Raises:
        InputError: The config has none.
    """
    dataset = source.config.get('test_dataloader', {}).get('dataset', {})
    if 'pipeline' not in dataset or 'categories' not in dataset:
        raise InputError(f'{source.config_file}: test_dataloader.dataset names no pipeline and categories; text goes '
                         'the way of evaluation, so the config must have them')
    return dataset


def require_model(config: Config, name: str) -> None:
    """Refuse a config that describes no model, such as one of `_base_`; `name` is what the error calls it."""
    if not config.get('model'):
        raise InputError(f'{name}: has no model; give a config with one, not one of _base_')


def build_model(source: ModelSource, device: torch.device, precision: str | None) -> nn.Module:
    """The model with its weights on a device, in test mode.

    Raises:
        InputError: The config or the checkpoint is wrong, or they do not fit together.
    """
    require_model(source.config, str(source.config_file))
    checkpoint = read_checkpoint(source.weights)
    config = dict(source.config.model) | (dict(precision=precision) if precision else {})
    with DefaultScope.overwrite_default_scope(source.config.get('default_scope')), \
            config_mistakes(str(source.config_file)):
        model = MODELS.build(config)
    load_model(model, checkpoint, str(source.weights))
    return model.to(device).eval()


def build_pipeline(source: ModelSource) -> list[Callable[[dict], dict]]:
    """The transforms of evaluation, built.

    Raises:
        InputError: The config is wrong.
    """
    with DefaultScope.overwrite_default_scope(source.config.get('default_scope')), \
            config_mistakes(str(source.config_file)):
        return [TRANSFORMS.build(transform) for transform in test_dataset(source).pipeline]
