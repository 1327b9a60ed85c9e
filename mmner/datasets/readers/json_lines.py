from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmner.datasets.readers.base import BaseReader, parse_json, read_lines
from mmner.datasets.readers.json_values import checked_text, count_others, known_id
from mmner.registry import READERS
from mmner.structures import Entity, Relation
from mmner.structures.entity import joined
from mmner.utils import InputError

KEYS = {'text', 'entities', 'id', 'relations', 'unit_offsets'}
ENTITY_KEYS = {'label', 'start', 'end', 'text', 'score', 'fragments'}
RELATION_KEYS = {*Relation._fields}
LOOKS_LIKE = {list: '; "label" looks like doccano\'s format', dict: '; "label" looks like CLUENER\'s format'}
RELATION = 'a relation is {"label": string, "head": number, "tail": number}, the numbers being those of two entities'
EXPECTED = ('an entity is {"label": string, "start": number, "end": number}, with "fragments": [[start, end], ...] '
            'where it is discontinuous and "score" between 0 and 1 where it is predicted; numbers are whole, ends are '
            'exclusive')


@READERS.register_module()
class JsonLinesReader(BaseReader):
    """JSON lines `{"text", "entities": [{"label", "start", "end"}]}`, the form in which mmner writes predictions.

    Ends are exclusive. Entities may nest and cross; a discontinuous one has "fragments", too, `[[start, end], ...]`,
    the first of which begins at its start and the last ends at its end. A line may have an "id", "relations" between
    its entities, `[{"label", "head", "tail"}]`, and, for a text that comes in words, "unit_offsets",
    `[[start, end], ...]`.

    Counted in `report`: a line without "entities", which is a text without gold; other keys with a value, of a line, an
    entity or a relation; fragments that touch, overlap or are out of order, which are joined and sorted; an entity with
    a "text" that differs from the text at its span, which is kept.
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        for number, line in read_lines(file):
            where = f'{file}:{number}'
            record = parse_json(line, where)
            text = checked_text(record, where)
            hint = '' if 'entities' in record else LOOKS_LIKE.get(type(record.get('label')), '')
            if 'entities' not in record:
                self.report.add(f'line without "entities" (a text without gold{hint})', where)
            count_others(self.report, record, {*KEYS, 'label'} if hint else KEYS, 'keys', where)
            items = record.get('entities', [])
            if not isinstance(items, list):
                raise InputError(f'{where}: "entities" must be a list, found {items!r:.60}')
            entities = [self.entity(item, text, where) for item in items]
            more = further(record, len(entities), where)
            for item in record.get('relations', []):
                count_others(self.report, item, RELATION_KEYS, 'keys of a relation', where)
            yield dict(text=text, entities=entities, line=number) | more

    def entity(self, item: object, text: str, where: str) -> Entity:
        """One entity of a line."""
        if not isinstance(item, dict) or not isinstance(item.get('label'), str) or not is_range(
                [item.get('start'), item.get('end')], text):
            raise InputError(f'{where}: {item!r:.80} does not fit a text of {len(text)} characters; {EXPECTED}')
        label, start, end, score = item['label'], item['start'], item['end'], item.get('score')
        if score is not None and not (type(score) in (int, float) and 0 <= score <= 1):
            raise InputError(f'{where}: the score {score!r:.60}; {EXPECTED}')
        if item.get('text', text[start:end]) != text[start:end]:
            self.report.add('"text" of an entity differs from the text at its span (the span is kept)',
                            f'{where}: {item["text"]!r:.60} / {text[start:end]!r:.60}')
        count_others(self.report, item, ENTITY_KEYS, 'keys of an entity', where)
        fragments = self.fragments(item, text, where) if 'fragments' in item else ()
        return Entity(label, start, end, score, fragments if len(fragments) > 1 else None)

    def fragments(self, item: dict, text: str, where: str) -> tuple[tuple[int, int], ...]:
        given = item['fragments']
        if not isinstance(given, list) or not given or not all(is_range(fragment, text) for fragment in given):
            raise InputError(f'{where}: the fragments {given!r:.80} do not fit a text of {len(text)} characters; '
                             f'{EXPECTED}')
        fragments = joined(map(tuple, given))
        if (fragments[0][0], fragments[-1][1]) != (item['start'], item['end']):
            raise InputError(f'{where}: the fragments {given!r:.80} reach from {fragments[0][0]} to '
                             f'{fragments[-1][1]}, the entity from {item["start"]} to {item["end"]}; correct either')
        if fragments != tuple(map(tuple, given)):
            self.report.add('fragments that touch, overlap or are out of order (joined)', f'{where}: {given!r:.60}')
        return fragments


def further(record: dict, num_entities: int, where: str) -> dict:
    """What a line may have beside text and entities, as far as it has it."""
    found = known_id(record, where)
    if 'relations' in record:
        if not isinstance(record['relations'], list):
            raise InputError(f'{where}: "relations" must be a list, found {record["relations"]!r:.60}')
        found['relations'] = [relation(item, num_entities, where) for item in record['relations']]
    if 'unit_offsets' in record:
        found['unit_offsets'] = words(record['unit_offsets'], record['text'], where)
    return found


def relation(item: object, num_entities: int, where: str) -> Relation:
    if isinstance(item, dict) and isinstance(item.get('label'), str):
        ends = item.get('head'), item.get('tail')
        if all(type(end) is int and 0 <= end < num_entities for end in ends):
            return Relation(item['label'], *ends)
    raise InputError(f'{where}: {item!r:.80} does not fit a text with {num_entities} entities; {RELATION}, from 0')


def words(offsets: object, text: str, where: str) -> np.ndarray:
    """(U, 2) offsets of the words of a text."""
    if isinstance(offsets, list) and all(is_range(word, text) for word in offsets):
        array = np.array(offsets, np.int64).reshape(-1, 2)
        if (array[1:, 0] >= array[:-1, 1]).all():
            return array
    raise InputError(f'{where}: "unit_offsets" {offsets!r:.60} must be [[start, end], ...] of words in the order of a '
                     f'text of {len(text)} characters, ends exclusive')


def is_range(value: object, text: str) -> bool:
    """Whether it is [start, end] of a stretch of the text; true and false are no numbers."""
    return (isinstance(value, list) and len(value) == 2 and all(type(place) is int for place in value)
            and 0 <= value[0] < value[1] <= len(text))
