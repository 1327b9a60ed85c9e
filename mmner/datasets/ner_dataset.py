import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np
from mmengine.dataset import BaseDataset, force_full_init
from mmengine.logging import print_log

from mmner.datasets.checks import check_gold
from mmner.datasets.column_cache import fingerprint, load_or_prepare
from mmner.datasets.columns import Columns, UnusableRecord, hold
from mmner.datasets.records import read_records
from mmner.datasets.transforms import SplitWords
from mmner.registry import DATASETS, READERS, TRANSFORMS
from mmner.utils import InputError, Report
from mmner.utils.cache import cache_root

KEPT = ('text', 'entities', 'line', 'unit_offsets')         # of what readers give


@DATASETS.register_module()
class NERDataset(BaseDataset):
    """Texts with entities from one annotation file.

    The leading transforms that are marked `once` (such as `Tokenize`) run when the dataset is filled and their outcome
    is kept in columns; the others run at every access. What the reader and the transforms repaired or could not keep,
    as their `report` says, is logged; of a `Tokenize` that stands behind others, and so runs at every access, the first
    finding of each kind.

    The columns of a large file are written to the folder `columns` in `$MMNER_CACHE`, or `~/.cache/mmner`, and mapped
    into memory, now and in later runs until the file, a config or a file named in it changes. What lies there may be
    deleted at any time when no run uses it.

    Args:
        ann_file (str): The annotation file, relative to `data_root`.
        reader (dict): Config of the reader of its format.
        categories (Sequence[str]): The labels that may occur.
        pipeline (Sequence[dict | Callable]): The transforms, by config or built. With a built one that is marked
            `once` the columns are held in memory.
        strict (bool): Refuse what would otherwise be counted in `report`, such as an entity that is given twice.
        cache_from_mb (float): Size in megabytes from which an annotation file is large; 0 for every file, `inf` for
            none.
        kwargs: Arguments of mmengine's BaseDataset (data_root, indices, lazy_init, ...).
    """

    def __init__(self, ann_file: str, *, reader: dict, categories, pipeline=(), strict: bool = False,
                 cache_from_mb: float = 32, **kwargs):
        if kwargs.get('filter_cfg'):
            raise InputError(f'NERDataset: filter_cfg={kwargs["filter_cfg"]!r:.80} would have no effect; leave it out, '
                             'and choose texts by `indices`')
        self.reader = READERS.build(reader)
        if not hasattr(self.reader, 'report'):
            raise InputError(f'{type(self.reader).__name__} has no report; call super().__init__() in its __init__')
        self.report = Report(strict=strict)
        self.cache_from_mb = cache_from_mb
        self._configs = [reader, list(pipeline), list(categories), strict]
        # mmengine would look for the transforms in its own registry, where a default scope alone leads to mmner's.
        pipeline = [TRANSFORMS.build(transform) if isinstance(transform, dict) else transform for transform in pipeline]
        super().__init__(ann_file, metainfo=dict(categories=tuple(categories)), data_prefix={}, serialize_data=False,
                         pipeline=pipeline, **kwargs)

    @property
    @force_full_init
    def lengths(self) -> np.ndarray:
        """(number of samples,) tokens of each sample, for samplers that sort by length."""
        if not self.has_units:
            raise InputError('NERDataset: to know the lengths of its samples the pipeline must begin with Tokenize; '
                             'put it first, set `once = True` in the classes before it, or use a sampler that needs no '
                             'lengths')
        return self.data_list.lengths('input_ids')

    @property
    @force_full_init
    def has_units(self) -> bool:
        """Whether the pipeline begins with Tokenize, so that units are known before a sample is asked for."""
        return 'unit_spans' in self.data_list.kinds

    @property
    @force_full_init
    def num_units(self) -> np.ndarray:
        """(number of samples,) units of each sample, where `has_units`."""
        return self.data_list.lengths('unit_to_token')

    @force_full_init
    def unit_spans(self, indices: slice) -> list[list[tuple]]:
        """The gold of some samples that the model can learn, where `has_units`."""
        return self.data_list.take(indices).values('unit_spans')

    def full_init(self) -> None:
        if not self._fully_initialized:
            super().full_init()
            self._fully_initialized = False     # where the records are refused, the next access says so again
            self.data_list = self.accepted(self.data_list)
            self._fully_initialized = True

    def accepted(self, records: Columns) -> Columns:
        """Those of the records that `indices` have chosen which are samples; a subclass may refuse them."""
        return records

    def load_data_list(self) -> Columns:
        once = list(takewhile(lambda transform: getattr(transform, 'once', False), self.pipeline.transforms))
        folder = self._cache_folder(once)
        try:
            if folder is None:
                columns, findings = hold(self._records(once)), self._findings(once)
            else:
                columns, findings = load_or_prepare(folder, lambda: self._records(once), lambda: self._findings(once))
        except UnusableRecord as error:
            raise InputError(f'{self.ann_file}: {error}; change the reader or the transform marked `once` that gives '
                             'it') from error
        self.pipeline.transforms = self.pipeline.transforms[len(once):]
        for transform in self.pipeline.transforms:
            if getattr(transform, 'once', False) and hasattr(transform, 'report'):
                transform.report = ReportAtAccess(strict=transform.report.strict)
        for line in findings:
            print_log(f'{self.ann_file}: {line}', logger='current', level=logging.WARNING)
        return columns

    @force_full_init
    def get_data_info(self, idx: int) -> dict:
        """A new record of the sample at `idx`, whose values may be changed."""
        return self._placed([self.data_list[idx]], [idx])[0]

    def prepare_data(self, idx: int) -> dict:
        """The sample at `idx`."""
        return applied(self.pipeline.transforms, self.get_data_info(idx))

    @force_full_init
    def __getitems__(self, indices: list[int]) -> list[dict]:
        """The samples of a batch; a DataLoader asks for them so, which is faster than one by one."""
        transforms = self.pipeline.transforms
        return [applied(transforms, record) for record in self._placed(self.data_list.records(indices), indices)]

    def _placed(self, records: list[dict], indices: list[int]) -> list[dict]:
        """Say where the records stand in the file and in the dataset."""
        size, prefix = len(self.data_list), f'{self.ann_file}:'
        for record, index in zip(records, indices, strict=True):
            record['where'] = prefix + str(record.pop('line'))
            record['sample_idx'] = index % size
        return records

    def _get_unserialized_subset(self, indices) -> Columns:
        if isinstance(indices, int):
            indices = slice(indices) if indices >= 0 else slice(indices, None)
        else:
            indices = list(indices)
        return self.data_list.take(indices)

    def _copy_without_annotation(self, memo: dict | None = None) -> 'NERDataset':
        """For `get_subset`; mmengine remembers all copies by the ids of objects that may be gone, and mixes them up."""
        return super()._copy_without_annotation({} if memo is None else memo)

    def _cache_folder(self, once: list) -> Path | None:
        """Where the columns belong; None where they are held in memory."""
        file = Path(self.ann_file)
        if not file.is_file() or file.stat().st_size < self.cache_from_mb * 1e6:
            return None
        reader, pipeline, *others = self._configs
        key = fingerprint(self.reader.files_of(file), [reader, pipeline[:len(once)], *others], [self.reader, *once])
        return key and cache_root() / 'columns' / key

    def _records(self, once: list) -> Iterator[dict]:
        """Read and transform all records; counts in the reports begin anew."""
        for reporter in self._reporters(once):
            reporter.report.clear()
        come_in_words, categories = None, self._metainfo['categories']  # the property copies deeply at every access
        read_as_trained = not once or any(isinstance(transform, SplitWords) for transform in once)
        for record in read_records(self.reader, self.ann_file):
            where, has_words = f'{self.ann_file}:{record["line"]}', 'unit_offsets' in record
            if come_in_words not in (None, has_words):
                raise InputError(f'{where}: has {"" if has_words else "no "}words ("unit_offsets"), the texts before '
                                 f'it have {"none" if has_words else "some"}; give all or none')
            if has_words and come_in_words is None and not read_as_trained:
                self.report.add('texts come in words, but others would be read by characters, as in prediction (put '
                                "dict(type='SplitWords') before Tokenize)", where)
            come_in_words = has_words
            record = {key: record[key] for key in KEPT if key in record} | dict(where=where, id=record.get('id'))
            check_gold(record, categories, where, self.report)
            record = applied(once, record)
            del record['where']
            yield record
        if come_in_words is None:
            raise InputError(f'{self.ann_file}: holds no text; give a file with at least one')

    def _reporters(self, once: list) -> list:
        """The reader, this dataset and the transforms that count in a `report`."""
        return [self.reader, self, *(transform for transform in once if hasattr(transform, 'report'))]

    def _findings(self, once: list) -> list[str]:
        return [line for reporter in self._reporters(once) for line in reporter.report.lines()]


class ReportAtAccess(Report):
    """Logs the first finding of each kind at once; nobody asks for counts that grow with each access."""

    def add(self, kind: str, place: str) -> None:
        super().add(kind, place)
        if self.counts[kind] == 1:
            print_log(f'{kind}, first at {place}', logger='current', level=logging.WARNING)


def applied(transforms: Sequence[Callable], record: dict) -> dict:
    """What transforms, one after the other, make of a record.

    Raises:
        InputError: One gives None, for which mmengine's own datasets would take another sample at random.
    """
    for transform in transforms:
        record = transform(record)
        if record is None:
            raise InputError(f'{type(transform).__name__} gives None; its `transform` must return the record')
    return record
