import logging

import torch
import torch.nn.functional as F
from mmengine.hooks import Hook
from mmengine.logging import print_log

from mmner.datasets import NERDataset
from mmner.datasets.checks import shown
from mmner.engine.model_wrappers import unwrapped
from mmner.models.decoders import BaseDecoder
from mmner.registry import HOOKS
from mmner.structures.units import units_to_entity
from mmner.utils import Report

SAMPLES_AT_ONCE = 128


@HOOKS.register_module()
class LostGoldHook(Hook):
    """Log, before the first step, the gold that the decoder cannot find, however well it learns.

    It looks at each `NERDataset` whose pipeline begins with Tokenize, once. Evaluation counts such an entity as missed.

    Args:
        strict (bool): Refuse such an entity instead of counting it.
    """

    def __init__(self, *, strict: bool = False):
        self.strict = strict
        self.seen: list[NERDataset] = []

    def before_train(self, runner) -> None:
        self.look_at(runner.train_dataloader.dataset, runner.model)

    def before_val(self, runner) -> None:
        self.look_at(runner.val_dataloader.dataset, runner.model)

    def before_test(self, runner) -> None:
        self.look_at(runner.test_dataloader.dataset, runner.model)

    def look_at(self, dataset: torch.utils.data.Dataset, model: torch.nn.Module) -> None:
        """Log what the decoder of the model cannot find in the dataset."""
        decoder = getattr(unwrapped(model), 'decoder', None)
        if decoder is None or not isinstance(dataset, NERDataset) or any(dataset is other for other in self.seen):
            return
        self.seen.append(dataset)
        report = Report(strict=self.strict)
        kind = f'entity that {type(decoder).__name__} cannot find (it finds {decoder.scope})'
        for begin in range(0, len(dataset), SAMPLES_AT_ONCE):
            for index, span in lost_spans(dataset, slice(begin, begin + SAMPLES_AT_ONCE), decoder):
                report.add(kind, place_of(dataset.get_data_info(begin + index), span))
        for line in report.lines():
            print_log(f'{dataset.ann_file}: {line}', logger='current', level=logging.WARNING)


def lost_spans(dataset: NERDataset, some: slice, decoder: BaseDecoder) -> list[tuple[int, tuple]]:
    """Unit spans that the decoder cannot find, each behind the index of its sample among some of the dataset."""
    try:
        unit_spans, num_units = dataset.gold(some)
    except KeyError:
        return []
    cu_units = F.pad(torch.from_numpy(num_units).cumsum(0), (1, 0))
    gold = decoder.over_batch(unit_spans, cu_units)
    places = [(index, span) for index, spans in enumerate(unit_spans) for span in spans]
    found = decoder.findable(gold, cu_units)
    return [(index, span) for (index, span), entity in zip(places, gold, strict=True)
            if entity not in found and span[0] in decoder.categories]


def place_of(record: dict, span: tuple) -> str:
    """Where a unit span stands, and what it says."""
    label, first, end, *fragments = span
    units = [unit for stretch in (fragments[0] if fragments else [(first, end)]) for unit in range(*stretch)]
    return shown(units_to_entity(label, units, None, record.get('unit_offsets')), record['text'], record['where'])
