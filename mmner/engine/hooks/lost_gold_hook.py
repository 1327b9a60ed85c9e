import logging
from collections.abc import Iterator
from itertools import pairwise

import torch
import torch.nn.functional as F
from mmengine.dataset import ConcatDataset, RepeatDataset
from mmengine.hooks import Hook
from mmengine.logging import print_log
from torch import Tensor, nn
from torch.utils.data import Dataset

from mmner.datasets import NERDataset
from mmner.datasets.checks import shown
from mmner.datasets.samplers.token_budget import cut_by_budget
from mmner.engine.model_wrappers import unwrapped
from mmner.models.decoders import BaseDecoder
from mmner.registry import HOOKS
from mmner.structures.units import stretches_of, stretches_to_entity
from mmner.utils import InputError, Report

UNITS_AT_ONCE, SAMPLES_AT_ONCE = 4096, 256


@HOOKS.register_module()
class LostGoldHook(Hook):
    """Log, before the first step, the gold that the decoder cannot find, however well it learns.

    It looks at each `NERDataset` whose pipeline begins with Tokenize, once. Evaluation counts such an entity as missed.

    Args:
        strict (bool): Refuse such an entity instead of counting it.
    """

    def __init__(self, *, strict: bool = False):
        self.strict = strict
        self.seen: list[Dataset] = []

    def before_train(self, runner) -> None:
        self.look_at(runner.train_dataloader.dataset, runner.model)
        if runner.val_loop is not None:
            self.look_at(runner.val_dataloader.dataset, runner.model)

    def before_val(self, runner) -> None:
        self.look_at(runner.val_dataloader.dataset, runner.model)

    def before_test(self, runner) -> None:
        self.look_at(runner.test_dataloader.dataset, runner.model)

    def look_at(self, dataset: Dataset, model: nn.Module) -> None:
        """Log what the decoder of the model cannot find in the dataset."""
        decoder = getattr(unwrapped(model), 'decoder', None)
        if decoder is None or any(dataset is other for other in self.seen):
            return
        self.seen.append(dataset)
        if isinstance(dataset, (ConcatDataset, RepeatDataset)):
            for part in dataset.datasets if isinstance(dataset, ConcatDataset) else [dataset.dataset]:
                self.look_at(part, model)
            return
        kind, report = f'entity that {type(decoder).__name__} cannot find (it finds {decoder.scope})', Report()
        if not isinstance(dataset, NERDataset) or not dataset.has_units:
            log(f'{type(dataset).__name__}: not looked at for any {kind}; this takes a NERDataset whose pipeline '
                'begins with Tokenize')
            return
        for record, span in lost_gold(dataset, decoder):
            place, of_kind = place_of(record, span), kind
            if len(stretches_of(span)) > 1 and not decoder.finds_fragments:
                of_kind = f'discontinuous {kind}; W2NERDecoder finds these'
            if self.strict:
                raise InputError(f'{place}: {of_kind}; choose a decoder that finds it, correct the text, or leave out '
                                 'strict=True of LostGoldHook')
            report.add(of_kind, place)
        for line in report.lines():
            log(f'{dataset.ann_file}: {line}')


def log(line: str) -> None:
    print_log(line, logger='current', level=logging.WARNING)


def lost_gold(dataset: NERDataset, decoder: BaseDecoder) -> Iterator[tuple[dict, tuple]]:
    """Records with a unit span that the decoder cannot find."""
    num_units = dataset.num_units
    for begin, end in pairwise(cut_by_budget(num_units, UNITS_AT_ONCE, SAMPLES_AT_ONCE).tolist()):
        unit_spans, lengths = dataset.unit_spans(slice(begin, end)), num_units[begin:end]
        for index, span in lost_spans(unit_spans, F.pad(torch.from_numpy(lengths).cumsum(0), (1, 0)), decoder):
            yield dataset.get_data_info(begin + index), span


def lost_spans(unit_spans: list[list[tuple]], cu_units: Tensor, decoder: BaseDecoder) -> Iterator[tuple[int, tuple]]:
    """Unit spans that the decoder cannot find, each behind the index of its sample.

    A label that it does not have is one that it cannot find, unless the decoder knows it as something else.
    """
    known = [[span for span in spans if span[0] in decoder.category_index] for spans in unit_spans]
    gold = decoder.over_batch(known, cu_units)
    found = decoder.findable(gold, cu_units)
    lost = {entity for entity in gold if entity not in found and entity[0] < len(decoder.categories)}
    entities = iter(gold)
    for index, spans in enumerate(unit_spans):
        yield from ((index, span) for span in spans
                    if span[0] not in decoder.category_index or next(entities) in lost)


def place_of(record: dict, span: tuple) -> str:
    """Where a unit span stands, and what it says."""
    entity = stretches_to_entity(span[0], stretches_of(span), None, record.get('unit_offsets'))
    return shown(entity, record['text'], record['where'])
