from collections.abc import Iterator
from pathlib import Path

from mmengine.registry import DefaultScope

from mmner.cli.config import load_config
from mmner.registry import READERS
from mmner.utils import InputError
from mmner.utils.config import config_mistakes

SPLITS = 'train_dataloader', 'val_dataloader', 'test_dataloader'


def read_dataset_texts(config: Path) -> list[str]:
    """The texts of all annotation files that a config names, each file once, read by the config's readers.

    Raises:
        InputError: The config names no annotation file with a reader; also what `load_config` and the readers raise.
    """
    datasets = [loader.dataset for loader in map(load_config(str(config)).get, SPLITS) if loader]
    sources = {Path(dataset.get('data_root') or '', dataset.ann_file): dataset.reader
               for dataset in datasets if 'ann_file' in dataset and 'reader' in dataset}
    if not sources:
        raise InputError(f'{config}: names no annotation file with a reader; give a dataset config, such as '
                         'configs/_base_/datasets/cluener.py, or the files themselves')
    return [text for file, reader in sources.items() for text in file_texts(file, reader, config)]


def file_texts(file: Path, reader: dict, config: Path) -> Iterator[str]:
    with DefaultScope.overwrite_default_scope('mmner'), config_mistakes(str(config)):
        reader = READERS.build(reader)
    for record in reader(str(file)):
        if record['text'].strip():
            yield record['text']
