"""Weights from files: read without executing anything, loaded whole or not at all."""
import pickle
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from mmner.utils import InputError

LISTED = 6      # keys named in an error; the rest are counted

# What mmengine's Runner puts into a checkpoint beside tensors: its logged values.
SAFE_GLOBALS = [
    HistoryBuffer, HistoryBuffer.min, HistoryBuffer.max, HistoryBuffer.current, HistoryBuffer.mean,
    np.ndarray, np.dtype, np.dtypes.Float64DType, np.dtypes.Int64DType,
    *(getattr(np._core.multiarray, name) for name in ('_reconstruct', 'scalar')), getattr]


def read_weights(file: str | Path) -> dict[str, Tensor]:
    """The state dict in a `.safetensors` or a torch file; see `read_checkpoint` and `state_dict`."""
    return state_dict(read_checkpoint(file), str(file))


def state_dict(content: dict, source: str) -> dict[str, Tensor]:
    """The state dict in what a checkpoint file holds, unwrapped from 'state_dict' or 'model'.

    Raises:
        InputError: There is none.
    """
    for key in ('state_dict', 'model'):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not content or not all(isinstance(v, Tensor) for v in content.values()):
        raise InputError(f'{source}: holds no state dict (a mapping of names to tensors); give a file of weights')
    return content


def read_checkpoint(file: str | Path) -> dict:
    """All that a checkpoint file holds, on the CPU.

    Raises:
        InputError: The file is missing, broken, or would have to execute code to be read.
    """
    path = Path(file)
    if not path.is_file():
        raise InputError(f'{file}: no such checkpoint; check the path (relative paths start at {Path.cwd()})')
    try:
        if path.suffix == '.safetensors':
            return load_file(path)
        with torch.serialization.safe_globals(SAFE_GLOBALS):
            return torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        reason = str(error).split('\n')[0].rstrip('.')
        raise InputError(f'{file}: refused, since it cannot be read as weights alone ({reason}); convert it to '
                         '.safetensors or a plain state dict where you trust it') from error
    except (SafetensorError, RuntimeError, EOFError, OSError, ValueError) as error:
        reason = str(error).split('\n')[0]
        raise InputError(f'{file}: broken or not a checkpoint ({reason}); fetch it again') from error


def load_whole(module: nn.Module, weights: dict[str, Tensor], source: str) -> None:
    """Load weights that must name every parameter of `module`, each in its shape, and nothing else.

    Raises:
        InputError: Keys are missing, unexpected or of another shape; the module is left as it was.
    """
    own = module.state_dict()
    shapes = [f'{key} {tuple(weights[key].shape)} instead of {tuple(own[key].shape)}'
              for key in own if key in weights and weights[key].shape != own[key].shape]
    problems = [f'{title}: {listed(keys)}' for title, keys in (
        ('missing', [key for key in own if key not in weights]),
        ('unexpected', [key for key in weights if key not in own]),
        ('of another size', shapes)) if keys]
    if problems:
        raise InputError(f'{source}: does not fit the model; {"; ".join(problems)}; use the config that it was trained '
                         'with')
    module.load_state_dict(weights)


def listed(keys: list[str]) -> str:
    more = f' and {len(keys) - LISTED} more' if len(keys) > LISTED else ''
    return f'{len(keys)} keys ({", ".join(keys[:LISTED])}{more})'
