"""What the command line changes in a config."""
from pathlib import Path

from mmengine.config import Config

from mmner.utils import InputError
from mmner.utils.config import read_config

# What a run reads. Paths elsewhere in a config are where it writes: these start at the current folder.
INPUTS = ('model', 'train_dataloader', 'val_dataloader', 'test_dataloader', 'load_from')


def load_config(name: str, options: dict | None = None) -> Config:
    """Read a config, check its keys, look up its paths (see `find_model`) and apply `--cfg-options`.

    Args:
        name: A config file, or the name of one that comes with mmner.
        options: Dotted key to value.

    Raises:
        InputError: See `read_config`; also an option that names no key.
    """
    from mmner.apis.model_source import localized, lookup_folders
    file = find_config(name)
    config = read_config(str(file))
    for key in set(INPUTS) & set(config):
        config[key] = localized(config[key], lookup_folders(file))
    for key in options or {}:
        require_key(config, key)
    config.merge_from_dict(options or {})
    return config


def find_config(name: str) -> Path:
    """The config file of this name, else that of the model zoo's model."""
    from mmner.apis.zoo import model_zoo, nearest_models
    if Path(name).is_file():
        return Path(name)
    zoo = model_zoo()
    if name not in zoo:
        raise InputError(f'{name}: no such config, as a file or in the zoo; {nearest_models(name)}')
    return zoo[name].config


def require_key(config: Config, dotted: str) -> None:
    """Refuse an option for a key that the config does not have."""
    node, passed = config, []
    for part in dotted.split('.'):
        if isinstance(node, (list, tuple)):
            known = [str(index) for index in range(len(node))]
        else:
            known = list(node) if hasattr(node, 'keys') else []
        if part not in known:
            where = f'under {".".join(passed)!r}' if passed else 'at the top'
            raise InputError(f'--cfg-options {dotted}: the config has no {part!r} {where}; known there: '
                             f'{", ".join(map(str, known)) or "nothing"}')
        node = node[int(part)] if isinstance(node, (list, tuple)) else node[part]
        passed.append(part)
