from collections.abc import Iterator
from pathlib import Path

from mmner.datasets.readers.base import BaseReader
from mmner.datasets.readers.json_file import json_file
from mmner.datasets.readers.json_values import checked_text
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.utils import InputError


@READERS.register_module()
class CMeEEReader(BaseReader):
    """CMeEE: a JSON array, or JSON lines, of `{"text", "entities": [{"start_idx", "end_idx", "type", "entity"}]}`.

    `end_idx` is inclusive; entities may nest. A record without "entities" (the official test set) is a text without
    gold. Such records are counted in `report`; so are entities whose "entity" differs from the text at their span,
    which is kept.

    Source: https://arxiv.org/abs/2106.08087
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        for record in json_file(file):
            where, value = f'{file}:{record.line}', record.value
            text = checked_text(value, where)
            if 'entities' not in value:
                self.report.add('record without "entities" (a text without gold)', where)
            yield dict(text=text, entities=self.entities(value, where), line=record.line)

    def entities(self, value: dict, where: str) -> list[Entity]:
        """The entities of one record, in the order of the file."""
        items, text, entities = value.get('entities', []), value['text'], []
        if not isinstance(items, list):
            raise InputError(f'{where}: "entities" must be a list, found {items!r:.60}')
        for item in items:
            label, start, last = checked(item, where)
            if not 0 <= start <= last < len(text):
                raise InputError(f'{where}: {label!r:.60} at [{start}, {last}] does not fit a text of {len(text)} '
                                 'characters; offsets begin with 0 and end_idx is inclusive')
            string = item.get('entity', text[start:last + 1])
            if string != text[start:last + 1]:
                self.report.add('"entity" differs from the text at its span (the span is kept)',
                                f'{where}: {string!r:.60} / {text[start:last + 1]!r:.60}')
            entities.append(Entity(label, start, last + 1))
        return entities


def checked(item, where: str) -> tuple[str, int, int]:
    """Category, first and last character of one entity; true and false are no numbers."""
    if isinstance(item, dict):
        label, start, last = item.get('type'), item.get('start_idx'), item.get('end_idx')
        if isinstance(label, str) and type(start) is int and type(last) is int:
            return label, start, last
    raise InputError(f'{where}: an entity needs a string "type" and whole numbers "start_idx" and "end_idx" '
                     f'(inclusive), found {item!r:.60}')
