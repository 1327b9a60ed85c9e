import json
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.logging import MMLogger

from mmner.evaluation.metrics.base import BaseSampleMetric
from mmner.registry import METRICS
from mmner.structures import Entity, NERDataSample


@METRICS.register_module()
class DumpPredictions(BaseSampleMetric):
    """Write what was predicted as JSON lines, a line for each text in the order of the dataset.

    A line is `{"text": ..., "entities": [{"label", "start", "end", "text", "score"}, ...]}`; ends are exclusive.

    Args:
        file (str): Where to; it is written aside and renamed.
    """

    def __init__(self, *, file: str):
        super().__init__()
        self.file = Path(file)

    def result(self, sample: NERDataSample) -> tuple[str, list[Entity]]:
        """The text and what was predicted."""
        return sample.text, sample.predicted

    def compute_metrics(self, results: list[tuple[str, list[Entity]]]) -> dict[str, float]:
        """Let the first rank write (text, entities) of every sample; there is nothing to report."""
        if is_main_process():
            self.write(results)
        return {}

    def write(self, results: list[tuple[str, list[Entity]]]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_name(f'{self.file.name}.part')
        # A lone surrogate, which UTF-8 cannot hold, becomes the escape by which JSON spells it.
        with part.open('w', encoding='utf8', errors='backslashreplace') as sink:
            sink.writelines(f'{prediction_line(text, entities)}\n' for text, entities in results)
        part.replace(self.file)
        MMLogger.get_current_instance().info(f'{len(results)} predictions written to {self.file}')


def prediction_line(text: str, entities: list[Entity]) -> str:
    rows = [dict(label=label, start=start, end=end, text=text[start:end], score=round(score, 6))
            for label, start, end, score in entities]
    return json.dumps(dict(text=text, entities=rows), ensure_ascii=False)
