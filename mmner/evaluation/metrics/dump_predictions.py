from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.logging import MMLogger

from mmner.evaluation.metrics.base import BaseSampleMetric
from mmner.registry import METRICS
from mmner.structures import NERDataSample, Prediction
from mmner.utils.files import written_aside


@METRICS.register_module()
class DumpPredictions(BaseSampleMetric):
    """Write what was predicted as JSON lines (see `Prediction.to_dict`), one for each text in the dataset's order.

    Args:
        file (str): Where to; it is written aside and renamed.
    """

    def __init__(self, *, file: str):
        super().__init__()
        self.file = Path(file)

    def result(self, sample: NERDataSample) -> Prediction:
        """The text, what was predicted, and the text's id, if it has one."""
        return Prediction(sample.text, sample.predicted, None if sample.id is None else dict(id=sample.id))

    def compute_metrics(self, results: list[Prediction]) -> dict[str, float]:
        """Let the first rank write every prediction; there is nothing to report."""
        if is_main_process():
            with written_aside(self.file) as sink:
                sink.writelines(f'{prediction.to_json()}\n' for prediction in results)
            MMLogger.get_current_instance().info(f'{len(results)} predictions written to {self.file}')
        return {}
