from mmner.evaluation.functional.calibration import all_scored, calibration_error, fit_temperature, reliability
from mmner.evaluation.metrics.base import BaseSampleMetric
from mmner.registry import METRICS
from mmner.structures import Entity, NERDataSample
from mmner.structures.temperature import at_temperature


@METRICS.register_module()
class CalibrationMetric(BaseSampleMetric):
    """Whether scores are probabilities, and the temperature that would bring them nearest to it.

    The results are the number of 'predicted' entities, of those that are 'correct', and the expected calibration
    'error'; where there is a best 'temperature', this and the 'fitted_error' with it.

    Args:
        prefix (str): Put before the names of the results.
    """

    def __init__(self, *, prefix: str = 'calibration'):
        super().__init__(prefix=prefix)

    def result(self, sample: NERDataSample) -> tuple[list[Entity], list[Entity]]:
        """Gold and predicted entities."""
        return sample.entities, sample.predicted

    def compute_metrics(self, results: list[tuple[list[Entity], list[Entity]]]) -> dict[str, float]:
        """Score (gold, predicted) of every sample."""
        scores, correct = all_scored([gold for gold, _ in results], [predicted for _, predicted in results]).T
        metrics = dict(predicted=len(scores), correct=int(correct.sum()),
                       error=calibration_error(reliability(scores, correct)))
        temperature = fit_temperature(scores, correct)
        if temperature is None:
            return metrics
        fitted = at_temperature(scores, temperature)
        return metrics | dict(temperature=temperature, fitted_error=calibration_error(reliability(fitted, correct)))
