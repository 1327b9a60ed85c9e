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
    """The config file of this name, else the one that comes with mmner under it."""
    from mmner.apis.zoo import nearest
    if Path(name).is_file():
        return Path(name)
    configs = packaged_configs()
    if name not in configs:
        raise InputError(f'{name}: no such config, as a file or in mmner; {nearest(name, configs)}')
    return configs[name]


def is_config(name: str) -> bool:
    """Whether it names a config, not a file of texts: by its ending, or as one that comes with mmner."""
    return name.endswith('.py') or not Path(name).exists() and name in packaged_configs()


def packaged_configs() -> dict[str, Path]:
    """Name to file of the configs that come with mmner: those of the zoo, and those of pre-training."""
    from mmner.apis.zoo import PACKAGED
    return {file.stem: file for file in (PACKAGED / 'configs').glob('[!_]*/*.py')}


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
