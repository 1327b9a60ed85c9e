"""Weights from files: read without executing anything, loaded whole or not at all."""
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from zipfile import is_zipfile

import numpy as np
import torch
from mmengine.logging import HistoryBuffer
from safetensors.torch import load_file
from torch import Tensor, nn

from mmner.utils import InputError

LISTED = 6      # keys named in an error; the rest are counted


def statistics_method(owner: type, name: str) -> Callable:
    """Stands in for `getattr`, by which pickle names the methods that every HistoryBuffer carries.

    The real one must not be called for a file: through `__builtins__` of any function it leads to `exec`.
    """
    if owner is not HistoryBuffer or name not in ('min', 'max', 'current', 'mean'):
        raise pickle.UnpicklingError('GLOBAL getattr was not an allowed global by default.')     # as torch words it
    return getattr(owner, name)


# What mmengine's Runner puts into a checkpoint beside tensors: its logged values, and numpy's numbers and arrays of
# numbers. numpy 1 pickles its functions under another module than numpy 2.
SAFE_GLOBALS = [
    HistoryBuffer, (statistics_method, 'builtins.getattr'),
    np.ndarray, np.dtype, *{type(np.dtype(code)) for code in np.typecodes['AllInteger'] + '?efd'},
    *((function, f'numpy.{core}.multiarray.{name}') for core in ('core', '_core') for name, function in (
        ('_reconstruct', np.empty(0).__reduce__()[0]), ('scalar', np.float64(0).__reduce__()[0])))]


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
        if path.suffix.lower() == '.safetensors':
            return load_file(path)
        with torch.serialization.safe_globals(SAFE_GLOBALS):
            # mmap: the optimizer's state, two thirds of the file, is read only to resume.
            return torch.load(path, map_location='cpu', weights_only=True, mmap=is_zipfile(path))
    except Exception as error:          # the bytes of a broken file can lead anywhere
        if foreign := re.search(r"GLOBAL (\S+)|got <class '(.+?)'>", str(error)):
            raise InputError(f'{file}: refused, since it holds {foreign[1] or foreign[2]}, which is no part of weights '
                             'and may execute code; save its state dict alone where it was made') from error
        raise InputError(f'{file}: broken or not a checkpoint ({short(error)}); fetch it again') from error


def short(error: Exception) -> str:
    """The first line of an exception without torch's advice to load the file unsafely."""
    lines = [line for line in str(error).splitlines() if line and 'weights_only' not in line]
    return ' '.join([type(error).__name__, *lines[:1]])


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
