from collections.abc import Sequence
from io import StringIO
from typing import Any

from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from mmner.evaluation.functional import SCORERS, Counts, total
from mmner.registry import METRICS
from mmner.structures import Entity, NERDataSample
from mmner.utils import InputError


@METRICS.register_module()
class SpanF1Metric(BaseMetric):
    """Precision, recall and F1 over entities: micro averages, and the same for every category.

    Args:
        style (str): How to count: 'strict' compares sets of (label, start, end), 'mmocr' does as MMOCR 0.6.3.
        prefix (str): Put before the names of the results, e.g. 'span/f1', 'span/address/f1'.

    Raises:
        InputError: An unknown style.
    """
    default_prefix = 'span'

    def __init__(self, *, style: str = 'strict', prefix: str = 'span'):
        super().__init__(prefix=prefix)
        if style not in SCORERS:
            raise InputError(f'SpanF1Metric: style={style!r} is unknown; choose one of {", ".join(sorted(SCORERS))}')
        self.count = SCORERS[style]

    def process(self, data_batch: Any, data_samples: Sequence[NERDataSample]) -> None:
        """Keep gold and predicted entities of a batch."""
        self.results += [(sample.index, sample.entities, sample.predicted) for sample in data_samples]

    def evaluate(self, size: int) -> dict[str, float]:
        """Compute the metrics over all ranks; every rank returns the same.

        mmengine's own way takes one result of every rank in turn and cuts at `size`, which loses or doubles samples
        when ranks hold different numbers of them. Here a sample is told by its index.

        Args:
            size (int): Number of samples in the dataset.

        Raises:
            RuntimeError: The ranks together do not hold `size` different samples.
        """
        samples = {index: (gold, predicted)
                   for rank_results in all_gather_object(self.results)
                   for index, gold, predicted in rank_results}
        self.results.clear()
        if len(samples) != size:
            raise RuntimeError(f'SpanF1Metric: {len(samples)} different samples were evaluated, the dataset has '
                               f'{size}; every sample needs an index of its own and must reach some rank')
        metrics = self.compute_metrics([samples[index] for index in sorted(samples)])
        return {f'{self.prefix}/{name}': value for name, value in metrics.items()}

    def compute_metrics(self, results: list[tuple[list[Entity], list[Entity]]]) -> dict[str, float]:
        """Score (gold, predicted) of every sample and log the table."""
        counts = self.count([gold for gold, _ in results], [predicted for _, predicted in results])
        everything = total(counts)
        MMLogger.get_current_instance().info('\n' + _table([*counts.items(), ('all', everything)]))
        metrics = {f'{category}/{name}': value
                   for category, row in counts.items() for name, value in _rates(row).items()}
        return {**_rates(everything), **everything._asdict(), **metrics}


def _rates(counts: Counts) -> dict[str, float]:
    return {'precision': counts.precision, 'recall': counts.recall, 'f1': counts.f1}


def _table(rows: list[tuple[str, Counts]]) -> str:
    """The rows as text of at most 100 columns without control codes, readable in a log file too."""
    table = Table('category', box=MARKDOWN)
    for name in ('P', 'R', 'F1', *Counts._fields):
        table.add_column(name, justify='right')
    for category, counts in rows:
        table.add_row(category, *(f'{rate:.4f}' for rate in _rates(counts).values()), *map(str, counts))
    file = StringIO()
    Console(file=file, width=100, force_terminal=False, markup=False, emoji=False).print(table)
    return file.getvalue().strip()
