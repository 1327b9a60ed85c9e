"""Configs by what the command line calls them, with `--cfg-options`."""
from pathlib import Path

from mmengine.config import Config

from mmner.utils import InputError


def load_config(name: str, options: dict | None = None) -> Config:
    """Find a config, read it (see `located_config`) and apply `--cfg-options`.

    Args:
        name: A config file, or the name of one that comes with mmner.
        options: Dotted key to value.

    Raises:
        InputError: See `find_config` and `read_config`; also an option that names no key, or one that nothing reads.
    """
    from mmner.apis.zoo import find_config
    from mmner.utils.config import located_config
    config = located_config(find_config(name))
    for key, value in (options or {}).items():
        require_key(config, key, value)
    config.merge_from_dict(options or {})
    return config


def is_config(name: str) -> bool:
    """Whether it names a config, not a file of texts: by its ending, or as one that comes with mmner."""
    if Path(name).exists() or name.endswith('.py'):
        return name.endswith('.py')
    from mmner.apis.zoo import packaged_configs
    return name in packaged_configs()


def require_key(config: Config, dotted: str, value) -> None:
    """Refuse an option for a key that the config does not have, for a name that only the file itself uses, or for one
    value in a list."""
    from mmner.utils.config import RUNNER_KEYS
    first = dotted.split('.')[0]
    if first in config and first not in RUNNER_KEYS:
        raise InputError(f'--cfg-options {dotted}: {first!r} is a name of the config file, which has put its value in '
                         'where it uses it; set the key there, or write a config over this one')
    node, passed = config, []
    parts = dotted.split('.')
    for place, part in enumerate(parts, 1):
        is_list = isinstance(node, (list, tuple))
        known = [str(index) for index in range(len(node))] if is_list else list(node) if hasattr(node, 'keys') else []
        if part not in known:
            where = f'under {".".join(passed)!r}' if passed else 'at the top'
            raise InputError(f'--cfg-options {dotted}: the config has no {part!r} {where}; known there: '
                             f'{", ".join(map(str, known)) or "nothing"}')
        child = node[int(part)] if is_list else node[part]
        if is_list and place == len(parts) and not (isinstance(value, dict) and isinstance(child, dict)):
            way = f'{dotted}.KEY=VALUE' if isinstance(child, dict) else f'{".".join(passed)}=[A,B]'
            raise InputError(f'--cfg-options {dotted}: one value of a list cannot be set alone; write {way}')
        node = child
        passed.append(part)
