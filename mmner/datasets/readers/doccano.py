from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from mmner.datasets.readers.base import BaseReader, parse_json, read_lines
from mmner.datasets.readers.json_values import checked_text, count_others
from mmner.datasets.readers.utf16 import ASTRAL, utf16_offsets
from mmner.registry import READERS
from mmner.structures import Entity, Relation
from mmner.utils import InputError

SPAN_KEYS = ('label', 'labels', 'entities', 'annotations')
ENTITY_KEYS = {'id', 'label', 'label_name', 'start_offset', 'end_offset'}
EXPECTED = ('an entity is [start, end, label] or {"label", "start_offset", "end_offset"}; offsets are whole numbers, '
            'begin with 0, ends are exclusive, and `offset_unit` of the reader says what they count')
UNITS = (None, 'code point', 'utf-16')


@READERS.register_module()
class DoccanoReader(BaseReader):
    """doccano's JSON lines for sequence labeling, in all the layouts it has exported.

    The text is "text" or, in 1.4 and 1.5, "data". The entities are under "label", "labels", "entities" or
    "annotations", each `[start, end, label]` or `{"id", "label", "start_offset", "end_offset"}`; the relations are
    `{"from_id", "to_id", "type"}` under "relations". Ends are exclusive; entities may nest and cross. The record's
    `id` is "id" or "doc_id"; those of entities and relations only connect them.

    A character beyond U+FFFF, such as an emoji, counts as one in offsets of doccano up to 1.4 and of most programs
    that write files for it, and as two in those of 1.5 and later, which count UTF-16 units. A project that was told to
    "count grapheme clusters as one character" is read wrong where such a cluster is of several characters.

    Counted in `report`: a line without entities, not even an empty list, which is a text without gold; an entity given
    more than once, as by several annotators, which is kept once; a label that is a number, which is kept as its
    digits; a relation of an entity that is not there, which is dropped; keys with a value that a record does not hold;
    and entities behind a character beyond U+FFFF, unless `offset_unit` is given.

    Source: https://github.com/doccano/doccano

    Args:
        offset_unit (str, optional): What offsets count, 'code point' or 'utf-16'; None: UTF-16 units, and it is counted
            where that makes a difference.
        strict (bool): Refuse what would otherwise be repaired and counted in `report`.
    """

    def __init__(self, *, offset_unit: str | None = None, strict: bool = False):
        super().__init__(strict=strict)
        if offset_unit not in UNITS:
            raise InputError(f"DoccanoReader: unknown offset_unit={offset_unit!r:.60}; give 'code point' or 'utf-16'")
        self.offset_unit = offset_unit

    def __call__(self, file: str | Path) -> Iterator[dict]:
        for number, line in read_lines(file):
            where = f'{file}:{number}'
            value = parse_json(line, where)
            if not isinstance(value, dict) or not isinstance(value.get('data'), str):
                checked_text(value, where)
            text_key = 'text' if isinstance(value.get('text'), str) else 'data'
            id_key = next((key for key in ('id', 'doc_id') if type(value.get(key)) in (int, str)), None)
            count_others(self.report, value, {text_key, id_key, 'relations', *SPAN_KEYS}, 'keys', where)
            entities, places = self.entities(value, value[text_key], where)
            record = dict(text=value[text_key], entities=entities, line=number,
                          relations=self.relations(value.get('relations') or [], places, where))
            yield record | dict(id=value[id_key]) if id_key else record

    def entities(self, value: dict, text: str, where: str) -> tuple[list[Entity], dict[int | str, int]]:
        """The entities of a line in its order, and the index of each by its id."""
        keys = [key for key in SPAN_KEYS if value.get(key) is not None]
        if len(keys) > 1:
            raise InputError(f'{where}: entities may be under one key, found "{keys[0]}" and "{keys[1]}"; delete or '
                             'rename one')
        if not keys:
            self.report.add('line without entities, not even an empty list (a text without gold)', where)
        items = value[keys[0]] if keys else []
        if not isinstance(items, list):
            raise InputError(f'{where}: "{keys[0]}" must be a list, found {items!r:.60}')
        offsets, first, places = self.offsets(text), {}, {}
        for item in items:
            entity = self.entity(item, offsets, where)
            if entity in first:
                self.report.add('entity given more than once (kept once)', f'{where}: {item!r:.80}')
            place = first.setdefault(entity, len(first))
            if isinstance(item, dict) and item.get('id') is not None:
                places[unique_id(item, places, where)] = place
        return list(first), places

    def offsets(self, text: str) -> Mapping[int, int] | Sequence[int]:
        """The place in the text by offset in the file."""
        if self.offset_unit == 'code point' or not ASTRAL.search(text):
            return range(len(text) + 1)
        return {unit: place for place, unit in enumerate(utf16_offsets(text))}

    def entity(self, item: object, offsets: Mapping[int, int] | Sequence[int], where: str) -> Entity:
        if isinstance(item, list) and len(item) == 3:
            start, end, label = item
        elif isinstance(item, dict):
            start, end, label = item.get('start_offset'), item.get('end_offset'), item.get('label_name')
            label = item.get('label') if label is None else label
            count_others(self.report, item, ENTITY_KEYS, 'keys of an entity', where)
        else:
            raise InputError(f'{where}: {item!r:.80} is no entity; {EXPECTED}')
        if not (type(start) is int and type(end) is int and start < end and start in offsets and end in offsets):
            raise InputError(f'{where}: {item!r:.80} does not fit a text with offsets up to {max(offsets)}; {EXPECTED}')
        if offsets[end] != end and self.offset_unit is None:
            self.report.add('entity behind a character beyond U+FFFF (offsets are taken to count UTF-16 units; if so, '
                            "give offset_unit='utf-16', else 'code point')", f'{where}: {item!r:.80}')
        return Entity(self.label(label, item, where), offsets[start], offsets[end])

    def label(self, label: object, item: object, where: str) -> str:
        """The label of an entity or a relation."""
        if type(label) is int:
            self.report.add('label that is a number (kept as its digits)', f'{where}: {item!r:.80}')
            return str(label)
        if not isinstance(label, str):
            raise InputError(f'{where}: the label of {item!r:.80} is no string; {EXPECTED}')
        return label

    def relations(self, items: object, places: dict[int | str, int], where: str) -> list[Relation]:
        relations = []
        if not isinstance(items, list):
            raise InputError(f'{where}: "relations" must be a list, found {items!r:.60}')
        for item in items:
            ends = [item.get('from_id'), item.get('to_id')] if isinstance(item, dict) else []
            if not ends or any(type(end) not in (int, str) for end in ends):
                raise InputError(f'{where}: {item!r:.80} is no relation; one is {{"from_id": number, "to_id": number, '
                                 '"type": string}')
            label = self.label(item.get('type'), item, where)
            if ends[0] in places and ends[1] in places:
                relations.append(Relation(label, places[ends[0]], places[ends[1]]))
            else:
                self.report.add('relation of an entity that is not there (left out)', f'{where}: {item!r:.80}')
        return relations


def unique_id(item: dict, others: Collection[int | str], where: str) -> int | str:
    """The id of an entity."""
    if type(item['id']) not in (int, str) or item['id'] in others:
        raise InputError(f'{where}: the id of {item!r:.80} must be a number or a string that no other entity of this '
                         'line has')
    return item['id']
