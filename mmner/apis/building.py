"""The device of a model, and the pipeline before it, built without a Runner."""
from collections.abc import Callable

import torch
from mmengine.config import Config

from mmner.apis.model_source import ModelSource
from mmner.registry import TRANSFORMS
from mmner.utils import InputError
from mmner.utils.config import building


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
    dataset = (source.config.get('test_dataloader') or {}).get('dataset', {})
    if 'pipeline' not in dataset or 'categories' not in dataset:
        raise InputError(f'{source.config_file}: test_dataloader.dataset names no pipeline and categories; text goes '
                         'the way of evaluation, so the config must have them')
    return dataset


def build_pipeline(source: ModelSource) -> list[Callable[[dict], dict]]:
    """The transforms of evaluation, built.

    Raises:
        InputError: The config is wrong.
    """
    with building(source.config, str(source.config_file)):
        return [TRANSFORMS.build(transform) for transform in test_dataset(source).pipeline]
