import logging
from copy import copy
from itertools import takewhile

import numpy as np
from mmengine.dataset import BaseDataset, force_full_init
from mmengine.logging import print_log

from mmner.registry import DATASETS, READERS, TRANSFORMS
from mmner.utils import InputError, Report


@DATASETS.register_module()
class NERDataset(BaseDataset):
    """Texts with entities from one annotation file.

    The leading transforms that are marked `once` (such as `Tokenize`) run when the dataset is filled and their outcome
    is kept; the others run at every access. What the reader and the transforms repaired or could not keep, as their
    `report` says, is logged.

    Args:
        ann_file (str): The annotation file, relative to `data_root`.
        reader (dict): Config of the reader of its format.
        categories (Sequence[str]): The labels that may occur.
        pipeline (Sequence[dict | Callable]): The transforms, by config or built.
        strict (bool): Refuse overlapping entities instead of counting them.
        kwargs: Arguments of mmengine's BaseDataset (data_root, indices, lazy_init, ...).
    """

    def __init__(self, ann_file: str, *, reader: dict, categories, pipeline=(), strict: bool = False, **kwargs):
        self.reader = READERS.build(reader)
        self.report = Report(strict=strict)
        # mmengine would look for the transforms in its own registry, where a default scope alone leads to mmner's.
        pipeline = [TRANSFORMS.build(transform) if isinstance(transform, dict) else transform for transform in pipeline]
        super().__init__(ann_file, metainfo=dict(categories=tuple(categories)), data_prefix={}, serialize_data=False,
                         pipeline=pipeline, **kwargs)

    @property
    @force_full_init
    def lengths(self) -> np.ndarray:
        """(number of samples,) tokens of each sample, for samplers that sort by length."""
        try:
            return np.array([len(sample['input_ids']) for sample in self.data_list])
        except KeyError as error:
            raise InputError('NERDataset: to know the lengths of its samples the pipeline must begin with Tokenize; '
                             'put it first or use no LengthBucketBatchSampler') from error

    def load_data_list(self) -> list[dict]:
        records = self.reader(self.ann_file)
        prepare = list(takewhile(lambda transform: getattr(transform, 'once', False), self.pipeline.transforms))
        for place, record in enumerate(records):
            record['where'] = f'{self.ann_file}:{record.pop("line")}'
            self._check_entities(record)
            for transform in prepare:
                record = transform(record)
            records[place] = record
        self.pipeline.transforms = self.pipeline.transforms[len(prepare):]
        for line in self._findings(prepare):
            print_log(f'{self.ann_file}: {line}', logger='current', level=logging.WARNING)
        return records

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """The record at `idx`, copied to the depth at which its values can change; a deep copy takes far longer."""
        record = {key: copy(value) for key, value in self.data_list[idx].items()}
        return dict(record, sample_idx=idx % len(self.data_list))

    def _check_entities(self, record: dict) -> None:
        categories = self._metainfo['categories']       # the property copies deeply at every access
        entities = sorted(record['entities'], key=lambda entity: entity.start)
        for entity in entities:
            if entity.label not in categories:
                raise InputError(f'{record["where"]}: unknown category {entity.label!r}; known are '
                                 f'{", ".join(categories)}; correct the line or add the category to '
                                 '`categories` in the config')
        for place, left in enumerate(entities):
            for right in takewhile(lambda other, end=left.end: other.start < end, entities[place + 1:]):
                self.report.add('entity annotated twice' if left == right else
                                'overlapping entities (a tagging decoder learns the longer, the metric counts both)',
                                f'{record["where"]}: {describe(left, record)} and {describe(right, record)}')

    def _findings(self, transforms: list) -> list[str]:
        sources = [self.reader, self, *(transform for transform in transforms if hasattr(transform, 'report'))]
        return [line for source in sources for line in source.report.lines()]


def describe(entity, record: dict) -> str:
    return f'{entity.label} {record["text"][entity.start:entity.end]!r}'
