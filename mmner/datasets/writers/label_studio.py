from collections.abc import Iterator
from typing import TextIO

from mmner.datasets.writers.base import BaseWriter
from mmner.datasets.writers.json_array import write_json_array
from mmner.registry import WRITERS
from mmner.structures import Entity, Relation

NAMES = dict(from_name='label', to_name='text')         # as in Label Studio's template for named entities


@WRITERS.register_module()
class LabelStudioWriter(BaseWriter):
    """Label Studio's JSON: tasks that are annotated already, to import into a project.

    Its labelling interface must call the tags as that of the template "Named Entity Recognition" does: `<Labels
    name="label" toName="text">` and `<Text name="text" value="$text">`. Label Studio gives tasks ids of its own.
    Source: https://labelstud.io/guide/task_format
    """
    holds = frozenset({'id', 'relations'})

    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        write_json_array(map(self.task, records), sink)

    def task(self, record: dict) -> dict:
        task = dict(id=record['id']) if 'id' in record else {}
        return task | dict(data=dict(text=record['text']), annotations=[dict(result=results(record))])


@WRITERS.register_module()
class LabelStudioPredictionsWriter(LabelStudioWriter):
    """Label Studio's JSON: tasks with predictions, which its users see as pre-annotations to correct.

    Source: https://labelstud.io/guide/predictions
    """
    holds = frozenset({'id', 'relations', 'score'})

    def task(self, record: dict) -> dict:
        task = super().task(record)
        prediction, = task.pop('annotations')
        return task | dict(predictions=[dict(model_version='mmner') | prediction])


def results(record: dict) -> list[dict]:
    """The regions and the relations between them."""
    regions = [region(number, entity, record['text']) for number, entity in enumerate(record['entities'])]
    return regions + [arrow(relation) for relation in record['relations']]


def region(number: int, entity: Entity, text: str) -> dict:
    start, end = entity.start, entity.end
    value = dict(start=start, end=end, text=text[start:end], labels=[entity.label])
    return dict(id=region_id(number), **NAMES, type='labels', value=value) | (
        {} if entity.score is None else dict(score=round(entity.score, 6)))


def arrow(relation: Relation) -> dict:
    return dict(type='relation', from_id=region_id(relation.head), to_id=region_id(relation.tail), direction='right',
                labels=[relation.label])


def region_id(number: int) -> str:
    """Unique within a task."""
    return f'entity{number}'
