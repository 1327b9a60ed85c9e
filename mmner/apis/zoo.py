"""The models that come with mmner, as `model-index.yml` and the metafiles it imports list them."""
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import yaml

import mmner

# Where OpenMMLab's `mim` looks for configs, tools and the index: links in a checkout, copies in an installed package.
PACKAGED = Path(mmner.__file__).parent / '.mim'


class ZooModel(NamedTuple):
    """A model of the zoo.

    Attributes:
        config (Path): Its config file.
        weights (str, optional): Path or URL of its checkpoint; None where none is published.
    """
    config: Path
    weights: str | None


def model_zoo() -> dict[str, ZooModel]:
    """Name to model."""
    index = read_yaml(PACKAGED / 'model-index.yml')
    models = [model for metafile in index['Import'] for model in read_yaml(PACKAGED / metafile)['Models']]
    return {model['Name']: ZooModel(PACKAGED / model['Config'], model.get('Weights')) for model in models}


def nearest(name: str, names: Collection[str]) -> str:
    """Those most like a name that is not among them, for an error."""
    return f'the nearest of its {len(names)}: {", ".join(get_close_matches(name, names, n=3, cutoff=0))}'


def read_yaml(file: Path) -> dict:
    return yaml.safe_load(file.read_text(encoding='utf8'))
