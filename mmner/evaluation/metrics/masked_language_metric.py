import numpy as np

from mmner.evaluation.metrics.base import BaseSampleMetric
from mmner.registry import METRICS
from mmner.structures import PretrainingSample


@METRICS.register_module()
class MaskedLanguageMetric(BaseSampleMetric):
    """How well masked tokens are guessed: 'mlm/perplexity' and 'mlm/accuracy', over all of them.

    Perplexity is e to the mean of -log(probability of the right token).
    """

    def __init__(self, *, prefix: str = 'mlm'):
        super().__init__(prefix=prefix)

    def result(self, sample: PretrainingSample) -> tuple[int, int, float]:
        """Masked tokens, those guessed, and the sum of the -log."""
        return sample.num_masked, sample.num_correct, sample.surprisal

    def compute_metrics(self, results: list[tuple[int, int, float]]) -> dict[str, float]:
        num_masked, num_correct, surprisal = (sum(column) for column in zip(*results, strict=True))
        num_masked = max(num_masked, 1)
        with np.errstate(over='ignore'):        # of a model that diverges it is infinite
            perplexity = float(np.exp(surprisal / num_masked))
        return dict(perplexity=perplexity, accuracy=num_correct / num_masked)
