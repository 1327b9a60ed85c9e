import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import all_gather_object, is_main_process
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger

from mmner.registry import METRICS
from mmner.structures import Entity, NERDataSample


@METRICS.register_module()
class DumpPredictions(BaseMetric):
    """Write what was predicted as JSON lines, a line for each text in the order of the dataset.

    A line is `{"text": ..., "entities": [{"label", "start", "end", "text", "score"}, ...]}`; ends are exclusive.

    Args:
        file (str): Where to; it is written aside and renamed.
    """

    def __init__(self, *, file: str):
        super().__init__()
        self.file = Path(file)

    def process(self, data_batch: Any, data_samples: Sequence[NERDataSample]) -> None:
        self.results += [(sample.index, sample.text, sample.predicted) for sample in data_samples]

    def evaluate(self, size: int) -> dict[str, float]:
        """Gather the ranks, one result for each sample, and let the first rank write."""
        samples = {index: (text, entities)
                   for rank_results in all_gather_object(self.results) for index, text, entities in rank_results}
        self.results.clear()
        if is_main_process():
            self.compute_metrics([samples[index] for index in sorted(samples)])
        return {}

    def compute_metrics(self, results: list[tuple[str, list[Entity]]]) -> dict[str, float]:
        """Write (text, entities) of every sample."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_name(f'{self.file.name}.part')
        with part.open('w', encoding='utf8') as sink:
            sink.writelines(f'{prediction_line(text, entities)}\n' for text, entities in results)
        part.replace(self.file)
        MMLogger.get_current_instance().info(f'{len(results)} predictions written to {self.file}')
        return {}


def prediction_line(text: str, entities: list[Entity]) -> str:
    rows = [dict(label=label, start=start, end=end, text=text[start:end], score=round(score, 6))
            for label, start, end, score in entities]
    return json.dumps(dict(text=text, entities=rows), ensure_ascii=False)
