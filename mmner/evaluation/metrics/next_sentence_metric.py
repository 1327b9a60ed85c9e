from statistics import fmean

from mmner.evaluation.metrics.base import BaseSampleMetric
from mmner.registry import METRICS
from mmner.structures import PretrainingSample
from mmner.utils import InputError


@METRICS.register_module()
class NextSentenceMetric(BaseSampleMetric):
    """The share of pairs of which it was guessed whether the second text follows the first: 'nsp/accuracy'."""

    def __init__(self, *, prefix: str = 'nsp'):
        super().__init__(prefix=prefix)

    def result(self, sample: PretrainingSample) -> tuple[bool]:
        """Whether the guess was right.

        Raises:
            InputError: Nobody has guessed.
        """
        if sample.next_is_correct is None:
            raise InputError('NextSentenceMetric: the model has no NextSentenceHead; add it, or leave the metric out')
        return sample.next_is_correct,

    def compute_metrics(self, results: list[tuple[bool]]) -> dict[str, float]:
        return dict(accuracy=fmean(is_correct for is_correct, in results))
