from mmengine.logging import MMLogger

from mmner.evaluation.functional import SCORERS, Counts, total
from mmner.evaluation.metrics.base import BaseSampleMetric
from mmner.registry import METRICS
from mmner.structures import Entity, NERDataSample
from mmner.utils import InputError
from mmner.utils.tables import markdown_table


@METRICS.register_module()
class SpanF1Metric(BaseSampleMetric):
    """Precision, recall and F1 over entities: micro averages, and the same for every category.

    Args:
        style (str): How to count: 'strict' compares sets of (label, start, end), and the fragments of discontinuous
            entities; 'mmocr' does as MMOCR 0.6.3.
        prefix (str): Put before the names of the results, e.g. 'span/f1', which is the first of them and so that of
            `save_best='auto'`, or 'span/address/f1'.

    Raises:
        InputError: An unknown style.
    """

    def __init__(self, *, style: str = 'strict', prefix: str = 'span'):
        super().__init__(prefix=prefix)
        if style not in SCORERS:
            raise InputError(f'SpanF1Metric: style={style!r} is unknown; choose one of {", ".join(sorted(SCORERS))}')
        self.count = SCORERS[style]

    def result(self, sample: NERDataSample) -> tuple[list[Entity], list[Entity]]:
        """Gold and predicted entities."""
        return sample.entities, sample.predicted

    def compute_metrics(self, results: list[tuple[list[Entity], list[Entity]]]) -> dict[str, float]:
        """Score (gold, predicted) of every sample and log the table."""
        counts = self.count([gold for gold, _ in results], [predicted for _, predicted in results])
        everything = total(counts)
        MMLogger.get_current_instance().info('\n' + _table([*counts.items(), ('all', everything)]))
        metrics = {f'{category}/{name}': value
                   for category, row in counts.items() for name, value in _rates(row).items()}
        return {'f1': everything.f1, **_rates(everything), **everything._asdict(), **metrics}


def _rates(counts: Counts) -> dict[str, float]:
    return {'precision': counts.precision, 'recall': counts.recall, 'f1': counts.f1}


def _table(rows: list[tuple[str, Counts]]) -> str:
    return markdown_table(('category', 'P', 'R', 'F1', *Counts._fields), (
        (name, *(f'{rate:.4f}' for rate in _rates(counts).values()), *map(str, counts)) for name, counts in rows))
