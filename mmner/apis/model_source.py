"""From what a user calls a model to its config and its weights."""
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from mmengine.config import Config

from mmner.apis.zoo import find_config, model_zoo
from mmner.utils import InputError
from mmner.utils.cache import fetch
from mmner.utils.config import localized, located_config, lookup_folders
from mmner.utils.work_dirs import chosen_checkpoint


class ModelSource(NamedTuple):
    """Where a model comes from.

    Attributes:
        config_file (Path): The config file.
        config (Config): What it says, see `located_config`.
        weights (Path): The checkpoint.
    """
    config_file: Path
    config: Config
    weights: Path


def find_model(model: str | Path, weights: str | Path | None = None) -> ModelSource:
    """Find a model by its config file, by the work dir of its training, or by its name in the model zoo.

    Args:
        model: A config file, a folder that training wrote, or a name.
        weights: Path or URL of a checkpoint. None: the best of the work dir, where its config keeps
            it, or else the last; those of the model zoo.

    Raises:
        InputError: There is no such model, or it has no weights.
    """
    path = Path(model)
    if path.is_dir():
        config_file, found = config_of_run(path), chosen_checkpoint(path)
    elif path.is_file() and path.suffix != '.pth':
        config_file, found = path, None
    elif path.is_file():
        raise InputError(f'{model}: is a checkpoint; give the work dir of its training, or its config and this as '
                         '`weights` (`--weights` on the command line)')
    else:
        config_file, found = find_config(str(model), 'model'), model_zoo().get(str(model))
    if weights and Path(weights).is_dir():
        weights = chosen_checkpoint(weights) or weights
    weights = str(weights or found or '')
    if not weights:
        config_name = config_file if path.is_dir() else model
        raise InputError(f'{model}: has no weights; give a checkpoint (`weights` in Python, `--weights` on the command '
                         f'line) or train it (`mmner train {quote(str(config_name))}`) and give its work dir')
    config, folders = located_config(config_file), lookup_folders(config_file)
    is_remote = weights.startswith(('http://', 'https://'))
    return ModelSource(config_file, config, fetch(weights) if is_remote else Path(localized(weights, folders)))


def config_of_run(work_dir: Path) -> Path:
    """The config that training left in its work dir."""
    files = sorted(work_dir.glob('*.py'))
    if len(files) != 1:
        names = ', '.join(file.name for file in files) or 'none'
        raise InputError(f'{work_dir}: a work dir has one config, this folder has {names}; give the config file and '
                         'the weights')
    return files[0]
