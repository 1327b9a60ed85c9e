"""Reading a config, finding the files that it names, and saying what is wrong with it."""
import difflib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from traceback import walk_tb
from types import TracebackType

from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.utils import import_modules_from_strings

import mmner
from mmner.utils import InputError

# What mmengine's Runner reads in a config.
RUNNER_KEYS = (
    'model', 'work_dir', 'train_dataloader', 'val_dataloader', 'test_dataloader', 'train_cfg', 'val_cfg', 'test_cfg',
    'auto_scale_lr', 'optim_wrapper', 'param_scheduler', 'val_evaluator', 'test_evaluator', 'default_hooks',
    'custom_hooks', 'data_preprocessor', 'load_from', 'resume', 'launcher', 'env_cfg', 'log_processor', 'log_level',
    'visualizer', 'vis_backends', 'default_scope', 'randomness', 'experiment_name', 'runner_type', 'custom_imports',
    'model_wrapper_cfg', 'find_unused_parameters', 'sync_bn', 'compile', 'activation_checkpointing',
    'efficient_conv_bn_eval')

# What MMOCR 0.x and mmcv 1.x called these.
OLD_KEYS = dict(
    optimizer='optim_wrapper', optimizer_config='optim_wrapper.clip_grad', lr_config='param_scheduler',
    total_epochs='train_cfg.max_epochs', runner='train_cfg', data='train_dataloader, val_dataloader, test_dataloader',
    evaluation='val_evaluator and train_cfg.val_interval', checkpoint_config='default_hooks.checkpoint',
    log_config='default_hooks.logger', dist_params='env_cfg.dist_cfg', workflow='train_cfg', resume_from='resume')

# What a run reads. Paths elsewhere in a config are where it writes: these start at the current folder.
LOADERS = 'train_dataloader', 'val_dataloader', 'test_dataloader'
INPUTS = ('model', *LOADERS, 'load_from')

BUILDER = 'mmengine.registry.build_functions'       # the module through which every part is built
# Modules of mmengine that judge what a config says: what they raise themselves is a mistake in it.
JUDGES = 'mmengine.runner.runner', 'mmengine.evaluator.evaluator', 'mmengine.model.base_model.base_model'


def read_config(file: str) -> Config:
    """Read a config, check its keys and import its `custom_imports`.

    Raises:
        InputError: The file is missing or cannot be executed, a key looks like a slip, or an import fails.
    """
    if not Path(file).is_file():
        raise InputError(f'{file}: no such config; give the path of a file')
    try:
        config = Config.fromfile(file, import_custom_modules=False)
    except Exception as error:      # a config is Python: anything can happen in it
        place = f'{file}:{error.lineno}' if isinstance(error, SyntaxError) else file
        raise InputError(f'{place}: cannot be read as a config ({type(error).__name__}: '
                         f'{str(error).splitlines()[0] if str(error) else ""}); correct it there') from error
    if config._imported_names:      # of mmengine's lazy configs, whose classes become dotted names here
        config = Config(config.to_dict(), filename=config.filename)
    check_keys(config, file)
    if config.get('custom_imports'):
        import_parts(config.custom_imports, file)
    return config


def located_config(config_file: Path) -> Config:
    """Read a config and look up the paths in its INPUTS.

    A relative path with a '/' that leads nowhere from the current folder is looked up in the folders above the config
    and beside the installed package.

    Raises:
        InputError: See `read_config`.
    """
    config = read_config(str(config_file))
    for key in set(INPUTS) & set(config):
        config[key] = localized(config[key], lookup_folders(config_file))
    return config


def lookup_folders(config_file: Path) -> list[Path]:
    """The folders above a config, the nearest first, then that of the installed package."""
    return [*config_file.resolve().parents, Path(mmner.__file__).parents[1]]


def localized(value, folders: Sequence[Path]):
    """A value of a config whose relative paths are, where needed, replaced by what exists in one of the folders.

    A string is a path if it has a '/': './words.txt', not 'words.txt'. An `ann_file` beside a `data_root` starts there
    and stays as it is.
    """
    if isinstance(value, dict):
        return {key: item if key == 'ann_file' and 'data_root' in value else localized(item, folders)
                for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(localized(item, folders) for item in value)
    if not isinstance(value, str) or '/' not in value or '://' in value or Path(value).exists():
        return value
    return next((str(folder / value) for folder in folders if (folder / value).exists()), value)


def check_keys(config: Config, file: str) -> None:
    """Refuse a top-level key that is an old or a misspelt name of one that the Runner reads, and lists of dataloaders.

    Other keys are allowed: a config may define names for its own use, such as `categories`.
    """
    for key in config:
        if key in RUNNER_KEYS:
            continue
        close = difflib.get_close_matches(key, [*RUNNER_KEYS, *OLD_KEYS], n=1, cutoff=0.8)
        if close:
            name = OLD_KEYS.get(close[0], close[0])
            raise InputError(f'{file}: unknown key {key!r}, which nothing would read; write {name!r}')
    for key in LOADERS:
        if isinstance(config.get(key), (list, tuple)):
            raise InputError(f'{file}: {key} is a list; give one, and join the annotation files')


def require_model(config: Config, name: str) -> None:
    """Refuse a config that describes no model, such as one of `_base_`; `name` is what the error calls it."""
    if not config.get('model'):
        raise InputError(f'{name}: has no model; give a config with one, not one of _base_')


def tokenizer_config(config: Config) -> dict | None:
    """The config of the tokenizer of the first pipeline that has one; None: there is none."""
    return next((step['tokenizer'] for dataset in datasets(config) for step in dataset.get('pipeline', ())
                 if 'tokenizer' in step), None)


def datasets(config: Config) -> Iterator[dict]:
    """The configs of its datasets, and in the place of a ConcatDataset or the like those of its parts."""
    return chain.from_iterable(parts_of(loader.dataset) for loader in map(config.get, LOADERS) if loader)


def parts_of(dataset: dict) -> Iterator[dict]:
    """The dataset itself, or what it joins or repeats."""
    wrapped = dataset.get('datasets', [dataset['dataset']] if 'dataset' in dataset else None)
    if wrapped is None:
        return iter([dataset])
    return chain.from_iterable(map(parts_of, wrapped))


def import_parts(custom_imports: dict, file: str) -> None:
    """Import the modules in which a user's own parts register themselves.

    Raises:
        InputError: One is not found, or fails.
    """
    try:
        import_modules_from_strings(**custom_imports)
    except Exception as error:      # a module is Python, too
        reason = error.__context__ if isinstance(error, ImportError) else error     # mmengine's does not say why
        raise InputError(f'{file}: custom_imports fails ({type(reason).__name__}: {reason}); correct the module, or '
                         f'say where it lies, as in `PYTHONPATH=. mmner train {file}`') from error


@contextmanager
def building(config: Config, file: str) -> Iterator[None]:
    """Build parts of a config in its own scope, or else mmner's, where `config_mistakes` are one line."""
    with DefaultScope.overwrite_default_scope(config.get('default_scope') or 'mmner'), config_mistakes(file):
        yield


@contextmanager
def config_mistakes(file: str) -> Iterator[None]:
    """Turn an exception from building a component of a config, or one of JUDGES, into one line about that config, or
    about the user's own part in which it arose."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        modules = [frame.f_globals.get('__name__') for frame, _ in walk_tb(error.__traceback__)]
        if BUILDER not in modules and modules[-1] not in JUDGES:
            raise
        message = error.args[0] if isinstance(error, KeyError) else str(error) or type(error).__name__
        place = own_place(error.__traceback__)
        if place:
            kind = type(error).__name__
            raise InputError(f'{place}: {kind}: {message}, while the parts of {file} were built; correct '
                             'it there or in the config, MMNER_TRACEBACK=1 shows how it came to this') from error
        raise InputError(f'{file}: {message}; correct it in the config') from error


def own_place(traceback: TracebackType) -> str | None:
    """File and line in the user's own code that a part was built by, the innermost; None: there was none."""
    frames = [(frame.f_globals.get('__name__', ''), frame.f_code.co_filename, line)
              for frame, line in walk_tb(traceback)]
    names = [name for name, _, _ in frames]
    built = frames[names.index(BUILDER):] if BUILDER in names else []
    own = [f'{file}:{line}' for name, file, line in built
           if name.split('.')[0] != 'mmner' and Path(file).is_file() and not installed(Path(file))]
    return own[-1] if own else None


def installed(file: Path) -> bool:
    """Whether a module belongs to Python or to a package."""
    return bool({'site-packages', 'dist-packages'} & set(file.parts)) or file.is_relative_to(Path(os.__file__).parent)
