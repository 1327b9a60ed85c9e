import re
from collections.abc import Iterator
from pathlib import Path

from mmner.datasets.readers.base import DECODER, BaseReader
from mmner.datasets.readers.json_file import json_file
from mmner.datasets.readers.json_values import checked_id
from mmner.datasets.readers.label_studio import names_of
from mmner.datasets.readers.label_studio_regions import Region, entities_of, parse_region
from mmner.datasets.readers.label_studio_tasks import find_text_key
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.utils import InputError

ADDED = {'id', 'annotator', 'annotation_id', 'created_at', 'updated_at', 'lead_time', 'agreement'}      # to the data
OBJECTS = re.compile(r'''\s*(\[\s*)?\{\s*["']''')         # how a string begins that is to hold objects


@READERS.register_module()
class LabelStudioMinReader(BaseReader):
    """Label Studio's JSON-MIN export: `{"id", "text", "label": [{"start", "end", "text", "labels"}], "annotator"}`.

    The keys of the texts stand beside those of the results, "label" here, which are the names of the tags in the
    labelling interface. Lists with regions are read, whatever they are called, and strings that are JSON of such lists,
    which Label Studio's CSV has; relations are not in the file. It has a record for each annotation; of a task with
    several, which have one id and one text, the first is read.

    Counted in `report`: further annotations of a task, objects and lists that hold no regions of a text, strings that
    begin like JSON of objects and are none, and of regions what `LabelStudioReader` counts. A choice is a string like a
    text and is not counted.

    Args:
        text_key (str, optional): The key of the text. None: "text", or the only string there is.
        annotator (str | int, optional): Read the annotations of this one alone: what "annotator" is, or its "id" or
            "email".
        strict (bool): Refuse what would otherwise be repaired and counted in `report`.
    """

    def __init__(self, *, text_key: str | None = None, annotator: str | int | None = None, strict: bool = False):
        super().__init__(strict=strict)
        self.text_key, self.annotator = text_key, annotator

    def __call__(self, file: str | Path) -> Iterator[dict]:
        seen, annotators, found = set(), set(), False
        for record in json_file(file):
            where, value = f'{file}:{record.line}', record.value
            if not isinstance(value, dict) or isinstance(value.get('data'), dict):
                raise InputError(f'{where}: expected an object {{"id", "text", "label": [...]}}, found {value!r:.60}; '
                                 'LabelStudioReader reads the JSON export')
            annotators.update(names_of(value.get('annotator')))
            if self.annotator is not None and str(self.annotator) not in names_of(value.get('annotator')):
                continue
            found, id_ = True, checked_id(value, where)
            where = where if id_ is None else f'{where}: task {id_!r:.60}'
            data = {key: content for key, content in value.items() if key not in ADDED}
            known_key = self.text_key or ('text' if 'text' in data else None)
            texts = {key: content for key, content in data.items() if known_key or not holds_objects(content)}
            text_key = find_text_key(texts, known_key, where)
            text = data.pop(text_key)
            if (id_, text) in seen:
                self.report.add('further annotation of a task (left out)', where)
                continue
            if id_ is not None:
                seen.add((id_, text))
            yield dict(text=text, entities=self.entities(data, text, where), line=record.line) | (
                {} if id_ is None else dict(id=id_))
        if not found:
            raise InputError(f'{file}: no annotation by {self.annotator!r:.60}; annotators of the file are '
                             f'{", ".join(map(repr, sorted(annotators))):.200}; give one of them as `annotator`')

    def entities(self, data: dict, text: str, where: str) -> list[Entity]:
        """The entities of all regions that a record holds beside its text."""
        regions = [region for key, content in data.items() for region in self.regions(key, content, where)]
        return [entity for group in entities_of(regions, text, where, self.report) for entity in group]

    def regions(self, key: str, content: object, where: str) -> Iterator[Region]:
        """The regions that a key of a record holds."""
        content = self.parsed(content, f'{where}: {key!r:.60}')
        for item in content if isinstance(content, list) else [content]:
            if isinstance(item, dict) and 'labels' in item:
                yield parse_region(item, where)
            elif isinstance(item, dict):
                self.report.add('object that is no region with labels (left out)', f'{where}: {key!r:.60}')

    def parsed(self, content: object, where: str) -> object:
        """What a string that is JSON of objects holds; anything else as it is."""
        if holds_objects(content):
            try:
                return DECODER.decode(content)
            except (ValueError, RecursionError):
                self.report.add('string that begins like JSON of objects and is none (left out)',
                                f'{where}: {content!r:.60}')
        return content


def holds_objects(content: object) -> bool:
    """Whether it is a string that begins like JSON of objects."""
    return isinstance(content, str) and OBJECTS.match(content) is not None
