"""What a config says about its data: annotation files with their readers, and a tokenizer."""
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from mmengine.config import Config
from mmengine.dataset import BaseDataset

from mmner.cli.config import load_config
from mmner.datasets.readers import BaseReader
from mmner.registry import DATASETS, READERS, TOKENIZERS
from mmner.structures import NERDataSample
from mmner.tokenizers.base import BaseTokenizer
from mmner.utils import InputError
from mmner.utils.config import building, datasets, parts_of, tokenizer_config


def read_dataset_texts(file: Path) -> list[str]:
    """The texts of all annotation files that a config names, each file once, read by the config's readers.

    Raises:
        InputError: See `build_readers`; also what `load_config` and the readers raise.
    """
    return [record['text'] for source, reader in build_readers(load_config(str(file)), str(file)).items()
            for record in reader(source) if record['text'].strip()]


def build_readers(config: Config, name: str) -> dict[str, BaseReader]:
    """The annotation files of a config, each with its reader.

    Raises:
        InputError: There is none, a dataset has none, or a reader cannot be built.
    """
    for dataset in datasets(config):
        if 'ann_file' not in dataset or 'reader' not in dataset:
            raise InputError(f'{name}: its dataset {dataset.get("type")} names no ann_file with a reader; give the '
                             'annotation files themselves instead of the config')
    with building(config, name):
        readers = {str(annotation_file(dataset)): READERS.build(dataset.reader) for dataset in datasets(config)}
    if not readers:
        raise InputError(f'{name}: names no annotation file with a reader; give a dataset config, such as '
                         'configs/_base_/datasets/cluener.py, or the files themselves')
    return readers


def training_records(config: Config, name: str) -> Iterator[dict] | None:
    """See `records_of`; None for a config that trains on no annotation file, or on one that is not here."""
    parts = list(parts_of((config.get('train_dataloader') or {}).get('dataset', {})))
    if not all('reader' in part and annotation_file(part).exists() for part in parts):
        return None
    return chain(*[records_of(part, config, name) for part in parts])


def records_of(dataset: dict, config: Config, name: str) -> Iterator[dict]:
    """The texts of an NERDataset of a config, those of its fold and `indices` alone, as its pipeline is given them.

    Raises:
        InputError: The dataset cannot be built, or refuses its file.
    """
    with building(config, name):
        samples = DATASETS.build(dict(dataset, pipeline=[]))
    return (samples.get_data_info(index) for index in range(len(samples)))


def build_tokenizer(config: Config, name: str) -> BaseTokenizer | None:
    """The tokenizer of the first pipeline that has one; None: there is none."""
    found = tokenizer_config(config)
    with building(config, name):
        return found and TOKENIZERS.build(found)


def require_entities(dataset: BaseDataset, name: str) -> None:
    """Refuse a dataset whose samples have no entities; `name` is what the error calls its config."""
    if not isinstance(dataset[0].get('data_samples'), NERDataSample):
        raise InputError(f'{name}: its samples have no entities, being made for pretraining; give the config of an NER '
                         'model')


def annotation_files(config: Config) -> list[Path]:
    """The annotation files of its datasets."""
    return [annotation_file(dataset) for dataset in datasets(config)]


def annotation_file(dataset: dict) -> Path:
    return Path(dataset.get('data_root') or '', dataset.get('ann_file', ''))
