from collections.abc import Iterator
from pathlib import Path

from mmner.datasets.readers.base import BaseReader, parse_json, read_lines
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.structures.entity import joined
from mmner.utils import InputError

EXPECTED = ('an entity is {"label": string, "start": number, "end": number}, with "fragments": [[start, end], ...] '
            'where it is discontinuous; numbers are whole, ends are exclusive')


@READERS.register_module()
class JsonLinesReader(BaseReader):
    """JSON lines `{"text", "entities": [{"label", "start", "end"}]}`, the form in which mmner writes predictions.

    Ends are exclusive. Entities may nest and cross; a discontinuous one has "fragments", too, `[[start, end], ...]`,
    the first of which begins at its start and the last ends at its end. Scores are not read.

    Counted in `report`: a line without "entities", which is a text without gold; fragments that touch, overlap or are
    out of order, which are joined and sorted; an entity with a "text" that differs from the text at its span, which is
    kept.
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        for number, line in read_lines(file):
            where = f'{file}:{number}'
            record = parse_json(line, where)
            if not isinstance(record, dict) or not isinstance(record.get('text'), str):
                raise InputError(f'{where}: expected an object with a string "text", found {line[:40]!r}')
            if 'entities' not in record:
                self.report.add('line without "entities" (a text without gold)', where)
            items = record.get('entities', [])
            if not isinstance(items, list):
                raise InputError(f'{where}: "entities" must be a list, found {items!r:.60}')
            entities = [self.entity(item, record['text'], where) for item in items]
            yield dict(text=record['text'], entities=entities, line=number)

    def entity(self, item: object, text: str, where: str) -> Entity:
        """One entity of a line."""
        if not isinstance(item, dict) or not isinstance(item.get('label'), str) or not is_range(
                [item.get('start'), item.get('end')], text):
            raise InputError(f'{where}: {item!r:.80} does not fit a text of {len(text)} characters; {EXPECTED}')
        label, start, end = item['label'], item['start'], item['end']
        if item.get('text', text[start:end]) != text[start:end]:
            self.report.add('"text" of an entity differs from the text at its span (the span is kept)',
                            f'{where}: {item["text"]!r:.60} / {text[start:end]!r:.60}')
        fragments = self.fragments(item, text, where) if 'fragments' in item else ()
        return Entity(label, start, end, fragments=fragments if len(fragments) > 1 else None)

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


def is_range(value: object, text: str) -> bool:
    """Whether it is [start, end] of a stretch of the text; true and false are no numbers."""
    return (isinstance(value, list) and len(value) == 2 and all(type(place) is int for place in value)
            and 0 <= value[0] < value[1] <= len(text))
