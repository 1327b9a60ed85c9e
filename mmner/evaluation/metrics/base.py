from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from mmengine.dist import all_gather_object
from mmengine.evaluator import BaseMetric

from mmner.structures import NERDataSample
from mmner.utils import InputError


class BaseSampleMetric(BaseMetric):
    """A metric over all samples of a dataset, each of them once, also where several ranks share the work.

    mmengine's own way takes one result of every rank in turn and cuts at the size of the dataset, which loses or
    doubles samples when ranks hold different numbers of them. Here a sample is told by its index.

    Args:
        prefix (str, optional): Put before the names of the results.
    """

    def __init__(self, *, prefix: str | None = None):
        super().__init__(prefix=prefix)

    def process(self, data_batch: Any, data_samples: Sequence[NERDataSample]) -> None:
        """Keep what `result` takes from each sample of a batch."""
        self.results += [(sample.index, self.result(sample)) for sample in data_samples]

    @abstractmethod
    def result(self, sample: NERDataSample) -> tuple:
        """What `compute_metrics` needs of a sample."""

    def evaluate(self, size: int) -> dict[str, float]:
        """Compute the metrics over all ranks; every rank returns the same.

        Args:
            size (int): Number of samples in the dataset.

        Raises:
            InputError: The ranks together do not hold `size` different samples.
        """
        samples = {index: result for rank_results in all_gather_object(self.results) for index, result in rank_results}
        self.results.clear()
        if len(samples) != size:
            raise InputError(f'{type(self).__name__}: {len(samples)} different samples were evaluated, the dataset has '
                             f'{size}; use a sampler that gives each of them, and a dataset that gives each its index')
        metrics = self.compute_metrics([samples[index] for index in sorted(samples)])
        return {f'{self.prefix}/{name}' if self.prefix else name: value for name, value in metrics.items()}
