from collections.abc import Sequence

from mmner.datasets.readers.json_values import objects
from mmner.datasets.readers.label_studio_tasks import LabelStudioTasks
from mmner.registry import READERS


@READERS.register_module()
class LabelStudioReader(LabelStudioTasks):
    """Label Studio's JSON export: the annotations, which older versions call "completions".

    Of a task with several, the one that is marked as ground truth is read, or else the first. A task without any is a
    text without gold.

    Counted in `report`: tasks without an annotation, annotations that are cancelled or not read, results that are
    neither labels nor relations or are of another text, regions without a label, offsets in UTF-16 units (which older
    versions wrote), regions whose "text" differs from the text at their span, and what is odd about relations.

    Args:
        annotator (str | int, optional): Read the annotations of this one alone: what "completed_by" is, or its "id" or
            "email".
        text_key, to_name, strict: As for `LabelStudioTasks`.
    """
    author_option = 'annotator'

    def __init__(self, *, annotator: str | int | None = None, text_key: str | None = None, to_name: str | None = None,
                 strict: bool = False):
        super().__init__(author=annotator, text_key=text_key, to_name=to_name, strict=strict)

    def results(self, task: dict, where: str) -> list[dict]:
        annotations = []
        for annotation in objects(task, 'annotations' if 'annotations' in task else 'completions', where):
            if annotation.get('was_cancelled') or annotation.get('skipped'):
                self.report.add('cancelled annotation (left out)', told(annotation, where))
            elif self.is_read(names_of(annotation.get('completed_by'))):
                annotations.append(annotation)
        if not annotations:
            self.report.add('task without an annotation (a text without gold)', where)
            return []
        annotations.sort(key=lambda annotation: annotation.get('ground_truth') is not True)
        for annotation in annotations[1:]:
            self.report.add('further annotation of a task (left out)', told(annotation, where))
        return objects(annotations[0], 'result', where)


@READERS.register_module()
class LabelStudioPredictionsReader(LabelStudioTasks):
    """The predictions in Label Studio's JSON: pre-annotations, with the score of each region.

    Of a task with several, the first is read.

    Counted in `report`: tasks without a prediction, predictions that are not read, scores that are not from 0 to 1, and
    of results what `LabelStudioReader` counts.

    Args:
        model_version (str, optional): Read the predictions of this one alone.
        text_key, to_name, strict: As for `LabelStudioTasks`.
    """
    author_option = 'model_version'

    def __init__(self, *, model_version: str | None = None, text_key: str | None = None, to_name: str | None = None,
                 strict: bool = False):
        super().__init__(author=model_version, text_key=text_key, to_name=to_name, strict=strict)

    def results(self, task: dict, where: str) -> list[dict]:
        predictions = [prediction for prediction in objects(task, 'predictions', where)
                       if self.is_read([str(prediction.get('model_version'))])]
        if not predictions:
            self.report.add('task without a prediction (a text without entities)', where)
            return []
        for prediction in predictions[1:]:
            self.report.add('further prediction of a task (left out)',
                            f'{where}: {prediction.get("model_version")!r:.60}')
        return objects(predictions[0], 'result', where)

    def score(self, result: dict, where: str) -> float | None:
        score = result.get('score')
        if score is None or (type(score) in (int, float) and 0 <= score <= 1):
            return score
        self.report.add('score that is no number from 0 to 1 (left out)', f'{where}: {score!r:.60}')
        return None


def names_of(completed_by: object) -> Sequence[str]:
    """What an annotator may be called by."""
    if isinstance(completed_by, dict):
        return [str(completed_by.get('id')), str(completed_by.get('email'))]
    return [str(completed_by)]


def told(annotation: dict, where: str) -> str:
    return f'{where}: annotation {annotation.get("id")!r:.60} by {annotation.get("completed_by")!r:.60}'
