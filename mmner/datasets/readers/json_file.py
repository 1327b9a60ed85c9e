"""JSON arrays, and JSON values that follow each other, record by record with the line where each begins."""
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mmner.datasets.readers.base import DECODER, read_whole
from mmner.utils import InputError

GAP = re.compile('[ \t\r\n]*')


class JSONRecord(NamedTuple):
    """A JSON value in a text: what it is, the line where it begins (from 1), its half-open offsets."""
    value: object
    line: int
    start: int
    end: int


def json_file(file: str | Path) -> Iterator[JSONRecord]:
    """The records of a file; a byte order mark is dropped.

    Raises:
        InputError: The file is missing or not UTF-8; also as `json_records`.
    """
    return json_records(read_whole(file), file)


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
