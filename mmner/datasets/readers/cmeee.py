import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mmner.datasets.readers.base import DECODER, BaseReader, raw_lines
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.utils import InputError

GAP = re.compile('[ \t\r\n]*')
BYTE_ORDER_MARK = b'\xef\xbb\xbf'


class JSONRecord(NamedTuple):
    """A JSON value in a text: what it is, the line where it begins (from 1), its half-open offsets."""
    value: object
    line: int
    start: int
    end: int


@READERS.register_module()
class CMeEEReader(BaseReader):
    """CMeEE: a JSON array, or JSON lines, of `{"text", "entities": [{"start_idx", "end_idx", "type", "entity"}]}`.

    `end_idx` is inclusive; entities may nest. A record without "entities" (the official test set) is a text without
    gold. Such records are counted in `report`; so are entities whose "entity" differs from the text at their span,
    which is kept.

    Source: https://arxiv.org/abs/2106.08087
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        for record in json_records(read_text(file), file):
            where, value = f'{file}:{record.line}', record.value
            if not isinstance(value, dict) or not isinstance(value.get('text'), str):
                raise InputError(f'{where}: expected an object with a string "text", found {value!r:.60}')
            if 'entities' not in value:
                self.report.add('record without "entities" (a text without gold)', where)
            yield dict(text=value['text'], entities=self.entities(value, where), line=record.line)

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


def read_text(file: str | Path) -> str:
    """A whole file as text; a byte order mark is dropped, line ends stay as they are.

    Raises:
        InputError: The file is missing or not UTF-8.
    """
    raw = b''.join(raw_lines(file)).removeprefix(BYTE_ORDER_MARK)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InputError(f'{file}:{raw.count(10, 0, error.start) + 1}: not UTF-8 ({error.reason}); convert the file, '
                         'e.g. with `iconv -t utf-8`') from error


def json_records(text: str, name: str | Path) -> Iterator[JSONRecord]:
    """Yield the items of a JSON array, or JSON values that follow each other.

    Raises:
        InputError: There is none, or the text goes on otherwise; the message names the line where the record begins.
    """
    place, line = GAP.match(text).end(), 1
    line += text.count('\n', 0, place)
    is_array = text.startswith('[', place)
    if is_array:
        place, line = skip(text, place + 1, line)
    if place == len(text) or (is_array and text[place] == ']'):
        raise InputError(f'{name}: the file is empty; it needs at least one annotated text')
    while place < len(text):
        record = parse_record(text, place, line, name)
        yield record
        place, line = skip(text, record.end, line + text.count('\n', place, record.end))
        if is_array:
            mark = text[place:place + 1]
            place, line = skip(text, place + 1, line)
            if mark == ']' and place == len(text):
                return
            if mark != ',' or place == len(text):
                raise InputError(f'{name}:{line}: the JSON array ends or goes on wrongly behind the record of line '
                                 f'{record.line}; expected a comma and a record, or "]" and the end of the file')


def skip(text: str, place: int, line: int) -> tuple[int, int]:
    """The place and the line of what comes next that is not blank."""
    end = GAP.match(text, min(place, len(text))).end()
    return end, line + text.count('\n', place, end)


def parse_record(text: str, place: int, line: int, name: str | Path) -> JSONRecord:
    try:
        value, end = DECODER.raw_decode(text, place)
    except (ValueError, RecursionError) as error:
        raise InputError(f'{name}:{line}: not valid JSON ({error}); correct or delete the record that begins '
                         'here') from error
    return JSONRecord(value, line, place, end)
