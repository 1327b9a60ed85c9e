"""What a config says about its data: annotation files with their readers, and a tokenizer."""
from collections.abc import Iterator
from pathlib import Path

from mmengine.config import Config

from mmner.cli.config import load_config
from mmner.datasets.readers import BaseReader
from mmner.registry import DATASETS, READERS, TOKENIZERS
from mmner.tokenizers.base import BaseTokenizer
from mmner.utils import InputError
from mmner.utils.config import building

SPLITS = 'train_dataloader', 'val_dataloader', 'test_dataloader'


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
        InputError: There is none, or a reader cannot be built.
    """
    with building(config, name):
        readers = {str(annotation_file(dataset)): READERS.build(dataset.reader)
                   for dataset in datasets(config) if 'ann_file' in dataset and 'reader' in dataset}
    if not readers:
        raise InputError(f'{name}: names no annotation file with a reader; give a dataset config, such as '
                         'configs/_base_/datasets/cluener.py, or the files themselves')
    return readers


def training_records(config: Config, name: str) -> Iterator[dict] | None:
    """See `records_of`; None for a config that trains on no annotation file, or on one that is not here."""
    dataset = (config.get('train_dataloader') or {}).get('dataset', {})
    if 'reader' not in dataset or not annotation_file(dataset).exists():
        return None
    return records_of(dataset, config, name)


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
    with building(config, name):
        return next((TOKENIZERS.build(step.tokenizer) for dataset in datasets(config)
                     for step in dataset.get('pipeline', ()) if 'tokenizer' in step), None)


def datasets(config: Config) -> Iterator[dict]:
    """The configs of its datasets."""
    return (loader.dataset for loader in map(config.get, SPLITS) if loader)


def annotation_files(config: Config) -> list[Path]:
    """The annotation files of its datasets."""
    return [annotation_file(dataset) for dataset in datasets(config)]


def annotation_file(dataset: dict) -> Path:
    return Path(dataset.get('data_root') or '', dataset.get('ann_file', ''))
