from abc import abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmner.datasets.readers.base import BaseReader
from mmner.datasets.readers.json_file import json_file
from mmner.datasets.readers.json_values import checked_id
from mmner.datasets.readers.label_studio_regions import entities_of, parse_region
from mmner.datasets.readers.label_studio_relations import relations_of
from mmner.utils import InputError


class LabelStudioTasks(BaseReader):
    """Tasks of Label Studio, `{"id", "data": {"text": ...}, "annotations": [...], "predictions": [...]}`.

    A subclass says which results of a task are read. Of these, regions of type "labels" become entities, one for each
    label, and relations between them are kept. Source: https://labelstud.io/guide/task_format

    Args:
        author (str | int, optional): Read the results of this one alone; the file must have some.
        text_key (str, optional): The key of "data" that is the text. None: "text", or the only string there is.
        to_name (str, optional): The tag of the labelling interface whose regions are read. None: all but those of a tag
            that is called like another key of "data"; these must have one name.
        strict (bool): Refuse what would otherwise be repaired and counted in `report`.
    """

    author_option: str          # what the reader calls the argument `author`

    def __init__(self, *, author: str | int | None, text_key: str | None, to_name: str | None, strict: bool):
        super().__init__(strict=strict)
        self.author, self.text_key, self.to_name = author, text_key, to_name
        self.authors: set[str] = set()          # the names of all in the file

    def __call__(self, file: str | Path) -> Iterator[dict]:
        self.authors.clear()
        for record in json_file(file):
            where, task = f'{file}:{record.line}', record.value
            if not isinstance(task, dict) or not isinstance(task.get('data'), dict):
                raise InputError(f'{where}: expected a task with an object "data", found {task!r:.60}; '
                                 'LabelStudioMinReader reads JSON-MIN')
            id_ = checked_id(task, where)
            where = where if id_ is None else f'{where}: task {id_!r:.60}'
            key = find_text_key(task['data'], self.text_key, where)
            parts = self.entities_and_relations(self.results(task, where), task['data'], key, where)
            yield dict(text=task['data'][key], **parts, line=record.line) | ({} if id_ is None else dict(id=id_))
        if self.author is not None and str(self.author) not in self.authors:
            found = ', '.join(map(repr, sorted(self.authors))) or 'none'
            raise InputError(f'{file}: nothing by {self.author!r:.60}; the file has {found:.200}; correct '
                             f'`{self.author_option}`, or leave it out')

    def is_read(self, names: Sequence[str]) -> bool:
        """Are results read whose author has these names?"""
        self.authors.update(names)
        return self.author is None or str(self.author) in names

    @abstractmethod
    def results(self, task: dict, where: str) -> list[dict]:
        """The results that are read of a task."""

    def score(self, result: dict, where: str) -> float | None:
        """The confidence in a region. A confirmed prediction still has its score, but is gold."""

    def entities_and_relations(self, results: list[dict], data: dict, text_key: str, where: str) -> dict[str, list]:
        """What there is of results in the text; anything else is counted."""
        regions, ids, relations = [], [], []
        for result in self.of_text(results, data, text_key, where):
            if result.get('type') == 'relation':
                relations.append(result)
            elif result.get('type') == 'labels':
                regions.append(parse_region(result.get('value'), where, self.score(result, where)))
                ids.append(result.get('id'))
            else:
                self.report.add('result that is neither labels nor a relation (left out)',
                                f'{where}: {result.get("type")!r:.60}')
        entities = entities_of(regions, data[text_key], where, self.report)
        return dict(entities=[entity for group in entities for entity in group],
                    relations=relations_of(relations, ids, [len(group) for group in entities], where, self.report))

    def of_text(self, results: list[dict], data: dict, text_key: str, where: str) -> list[dict]:
        """The results without those of another text."""
        kept, names = [], set()
        for result in results:
            name = result.get('to_name')                # of a relation None
            if not isinstance(name, str):
                kept.append(result)
            elif self.is_of_other(name, data, text_key):
                self.report.add('result of another text or image (left out)', f'{where}: {name!r:.60}')
            else:
                kept.append(result)
                names.update([name] if result.get('type') == 'labels' else [])
        if len(names) > 1:
            found = ', '.join(map(repr, sorted(names)))
            raise InputError(f'{where}: regions of the tags {found:.200}, which may be of several texts; name the one '
                             'to read with `to_name`, and its text with `text_key`')
        return kept

    def is_of_other(self, name: str, data: dict, text_key: str) -> bool:
        """Is the tag of this name not the one whose regions are read?"""
        return name in data and name != text_key if self.to_name is None else name != self.to_name


def find_text_key(data: dict, text_key: str | None, where: str) -> str:
    """The key under which the text stands."""
    strings = [key for key, value in data.items() if isinstance(value, str)]
    key = text_key or (strings[0] if len(strings) == 1 else 'text')
    if key not in strings:
        found = ', '.join(map(repr, strings)) or 'none'
        raise InputError(f'{where}: no string {key!r:.60} in the data, whose strings are {found:.200}; name the one '
                         'that is the text with `text_key`')
    return key
