"""What the command line changes in a config."""
from mmengine.config import Config

from mmner.utils import InputError
from mmner.utils.config import read_config


def load_config(file: str, options: dict | None = None) -> Config:
    """Read a config, check its keys and apply `--cfg-options`.

    Raises:
        InputError: See `read_config`; also an option that names no key.
    """
    config = read_config(file)
    for key in options or {}:
        require_key(config, key)
    config.merge_from_dict(options or {})
    return config


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
