"""The configs that come with mmner, and the models that `model-index.yml` and the metafiles it imports list."""
from difflib import get_close_matches
from pathlib import Path

import yaml

import mmner
from mmner.utils import InputError

# Where OpenMMLab's `mim` looks for configs, tools and the index: links in a checkout, copies in an installed package.
PACKAGED = Path(mmner.__file__).parent / '.mim'


def model_zoo() -> dict[str, str | None]:
    """The name of each model, which is that of its config, to path or URL of its weights; None: none are published."""
    index = read_yaml(PACKAGED / 'model-index.yml')
    models = [model for metafile in index['Import'] for model in read_yaml(PACKAGED / metafile)['Models']]
    return {model['Name']: model.get('Weights') for model in models}


def find_config(name: str, what: str = 'config') -> Path:
    """The config file of this name, else the one that comes with mmner under it.

    Raises:
        InputError: There is neither; `what` says what was looked for.
    """
    if Path(name).is_file():
        return Path(name)
    configs = packaged_configs()
    if name not in configs:
        nearest = ', '.join(get_close_matches(name, configs, n=3, cutoff=0))
        raise InputError(f'{name}: no such {what}, as a path or in mmner; the nearest of its {len(configs)}: {nearest}')
    return configs[name]


def packaged_configs() -> dict[str, Path]:
    """Name to file of the configs that come with mmner."""
    return {file.stem: file for file in (PACKAGED / 'configs').glob('[!_]*/*.py')}


def read_yaml(file: Path) -> dict:
    return yaml.safe_load(file.read_text(encoding='utf8'))
