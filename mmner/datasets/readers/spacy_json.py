import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmner.datasets.readers.base import BaseReader, parse_json, read_whole
from mmner.datasets.readers.json_file import JSONRecord, json_records
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.utils import InputError

PAIR = re.compile('[ \t\r\n]*\\[[ \t\r\n]*"')       # a line `["text", {...}]`; an array of records begins with { or [


@READERS.register_module()
class SpacyReader(BaseReader):
    """spaCy's JSON, an array or JSON lines, of pairs `["text", {"entities": [[start, end, label], ...]}]` or of what
    `Doc.to_json()` gives, `{"text", "ents": [{"start", "end", "label"}], "tokens": [{"start", "end"}]}`.

    Ends are exclusive; entities may overlap, although spaCy refuses that outside of span groups. Tokens become the
    units, except for those of blanks alone. Entities need not fit them. Of the other layers none is read.

    Counted in `report`: a record without entities, which is a text without gold; span groups that are not read; and
    entities with an empty label, by which spaCy means that there is none, which are dropped.

    Source: https://spacy.io/api/data-formats#dict-input, https://spacy.io/api/doc#to_json

    Args:
        spans_key (str, optional): Name of the span group to read in place of the entities; spaCy's own is 'sc'.
        strict (bool): Refuse what would otherwise be repaired and counted in `report`.
    """

    def __init__(self, *, spans_key: str | None = None, strict: bool = False):
        super().__init__(strict=strict)
        self.spans_key = spans_key

    def __call__(self, file: str | Path) -> Iterator[dict]:
        groups = set()
        for record in values(read_whole(file), file):
            where = f'{file}:{record.line}'
            text, annotations = text_and_annotations(record.value, where)
            result = dict(text=text, entities=self.entities(text, annotations, where), line=record.line)
            groups.update(annotations.get('spans') or ())
            tokens = annotations.get('tokens')
            if tokens or (tokens == [] and not text.strip()):
                result['unit_offsets'] = unit_offsets(tokens, text, where)
            yield result
        if self.spans_key is not None and self.spans_key not in groups:
            found = ', '.join(map(repr, sorted(groups))) or 'none'
            raise InputError(f'{file}: no span group {self.spans_key!r:.60}; the file has {found:.200}; correct '
                             '`spans_key`, or leave it out')

    def entities(self, text: str, annotations: dict, where: str) -> list[Entity]:
        """The entities of one record, in the order of the file."""
        items = self.items(annotations, where)
        if items is None:
            self.report.add('record without entities (a text without gold)', where)
        elif not isinstance(items, list):
            raise InputError(f'{where}: the entities must be a list, found {items!r:.60}')
        entities = [checked(item, text, where) for item in items or []]
        for entity in entities:
            if not entity.label:
                self.report.add('entity with an empty label (dropped)', f'{where}: [{entity.start}, {entity.end}]')
        return [entity for entity in entities if entity.label]

    def items(self, annotations: dict, where: str) -> object:
        """What should be the list of entities; None where it is missing."""
        groups = annotations.get('spans')
        groups = {} if groups is None else groups
        if not isinstance(groups, dict):
            raise InputError(f'{where}: "spans" must be {{group: [...]}}, found {groups!r:.60}')
        for group in [group for group in groups if group != self.spans_key]:
            self.report.add('span group (left out; name one with `spans_key` to read it)', f'{where}: {group!r:.60}')
        if self.spans_key is not None:
            return groups.get(self.spans_key)
        return annotations.get('ents', annotations.get('entities'))


def values(text: str, file: str | Path) -> Iterator[JSONRecord]:
    """The records of an array, of JSON lines of objects, or of such of pairs, which only look like an array."""
    if not PAIR.match(text):
        yield from json_records(text, file)
        return
    start = 0
    for number, line in enumerate(text.split('\n'), 1):
        end = start + len(line)
        if line and not line.isspace():
            yield JSONRecord(parse_json(line, f'{file}:{number}'), number, start, end)
        start = end + 1


def text_and_annotations(value: object, where: str) -> tuple[str, dict]:
    if isinstance(value, dict):
        value = [value.get('text'), value]
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], dict):
        return tuple(value)
    raise InputError(f'{where}: expected ["text", {{"entities": [...]}}] or {{"text": string, "ents": [...]}}, found '
                     f'{value!r:.60}; SpacyV2Reader reads {{"id", "paragraphs"}}')


def checked(item: object, text: str, where: str) -> Entity:
    """One entity, `[start, end, label]` or an object; true and false are no numbers."""
    start, end, label = fields(item)
    if not (isinstance(label, str) and type(start) is int and type(end) is int and 0 <= start < end <= len(text)):
        raise InputError(f'{where}: {item!r:.80} is no entity of a text of {len(text)} characters; expected '
                         '[start, end, label] or {"start", "end", "label"}, where offsets are whole numbers, ends are '
                         'exclusive and labels are strings')
    return Entity(label, start, end)


def fields(item: object) -> tuple:
    """Start, end and label; None for what is missing."""
    if isinstance(item, dict):
        return item.get('start'), item.get('end'), item.get('label')
    return tuple(item) if isinstance(item, list) and len(item) == 3 else (None, None, None)


def unit_offsets(tokens: object, text: str, where: str) -> np.ndarray:
    """(U, 2) offsets of the tokens that are not blank.

    Raises:
        InputError: They are no tokens, or not apart and in the order of the text.
    """
    offsets, last_end = [], 0
    for token in tokens if isinstance(tokens, list) else [tokens]:
        start, end, _ = fields(token)
        if not (type(start) is int and type(end) is int and last_end <= start < end <= len(text)):
            raise InputError(f'{where}: {token!r:.80} is no token of a text of {len(text)} characters that comes '
                             f'behind {last_end}; expected {{"start", "end"}} in the order of the text; correct or '
                             'delete "tokens"')
        last_end = end
        if not text[start:end].isspace():
            offsets.append((start, end))
    return np.array(offsets, np.int64).reshape(-1, 2)
