"""Reading a config and what the command line changes in it."""
import difflib
from pathlib import Path

from mmengine.config import Config

from mmner.utils import InputError

# The arguments of mmengine's Runner that a config may hold.
RUNNER_KEYS = (
    'model', 'work_dir', 'train_dataloader', 'val_dataloader', 'test_dataloader', 'train_cfg', 'val_cfg', 'test_cfg',
    'auto_scale_lr', 'optim_wrapper', 'param_scheduler', 'val_evaluator', 'test_evaluator', 'default_hooks',
    'custom_hooks', 'data_preprocessor', 'load_from', 'resume', 'launcher', 'env_cfg', 'log_processor', 'log_level',
    'visualizer', 'vis_backends', 'default_scope', 'randomness', 'experiment_name', 'runner_type', 'custom_imports')

# What MMOCR 0.x and mmcv 1.x called these.
OLD_KEYS = dict(
    optimizer='optim_wrapper', optimizer_config='optim_wrapper.clip_grad', lr_config='param_scheduler',
    total_epochs='train_cfg.max_epochs', runner='train_cfg', data='train_dataloader, val_dataloader, test_dataloader',
    evaluation='val_evaluator and train_cfg.val_interval', checkpoint_config='default_hooks.checkpoint',
    log_config='default_hooks.logger', dist_params='env_cfg.dist_cfg', workflow='train_cfg', resume_from='resume')


def load_config(file: str, options: dict | None = None) -> Config:
    """Read a config, check its keys and apply `--cfg-options`.

    Raises:
        InputError: The file is missing or cannot be executed, a key looks like a slip, an option names no key.
    """
    if not Path(file).is_file():
        raise InputError(f'{file}: no such config; `ls configs/*` shows those that come with mmner')
    try:
        config = Config.fromfile(file)
    except Exception as error:      # a config is Python: anything can happen in it
        place = f'{file}:{error.lineno}' if isinstance(error, SyntaxError) else file
        raise InputError(f'{place}: cannot be read as a config ({type(error).__name__}: '
                         f'{str(error).splitlines()[0] if str(error) else ""}); correct it there') from error
    check_keys(config, file)
    for key in options or {}:
        require_key(config, key)
    config.merge_from_dict(options or {})
    return config


def check_keys(config: Config, file: str) -> None:
    """Refuse a top-level key that is an old or a misspelt name of one that the Runner reads.

    Other keys are allowed: a config may define names for its own use, such as `categories`.
    """
    for key in config:
        if key in RUNNER_KEYS:
            continue
        close = difflib.get_close_matches(key, [*RUNNER_KEYS, *OLD_KEYS], n=1, cutoff=0.8)
        if close:
            name = OLD_KEYS.get(close[0], close[0])
            raise InputError(f'{file}: unknown key {key!r}, which nothing would read; write {name!r}')


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
