import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from mmner.datasets.readers.base import BaseReader, parse_json, read_lines
from mmner.datasets.readers.json_file import json_records
from mmner.datasets.readers.json_values import checked_text
from mmner.registry import READERS
from mmner.utils import InputError, Report

JSON_SUFFIXES = ('.json', '.jsonl', '.ndjson')
EMPTY_ARRAY = re.compile(r'\s*\[\s*]\s*')


@READERS.register_module()
class TextReader(BaseReader):
    """Texts without gold: the lines of a file, or "text" of the objects in a `.json`, `.jsonl` or `.ndjson` file.

    Objects stand one a line or all in one array. Blank lines are skipped. Of an object nothing else is read, so an
    annotated corpus in this form will do. Counted in `report`: carriage returns inside of a line, which are kept.
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        lines, number = read_lines(file), 0
        for number, value in text_objects(lines, file):
            if not is_json(file):
                count_returns(value['text'], f'{file}:{number}', self.report)
            yield dict(text=value['text'], entities=[], line=number)
        if not number:
            raise InputError(f'{file}: the file is empty; it needs at least one text')


def count_returns(line: str, place: str, report: Report) -> None:
    """Count a line with carriage returns, but for those at its end."""
    if '\r' in line.rstrip('\r'):
        report.add('carriage return inside of a line (kept; if lines end with it alone, convert them, e.g. with '
                   '`tr "\\r" "\\n"`)', place)


def is_json(file: str | Path) -> bool:
    """Does its name say so?"""
    return Path(file).suffix.lower() in JSON_SUFFIXES


def text_objects(lines: Iterable[tuple[int, str]], file: str | Path) -> Iterator[tuple[int, dict]]:
    """Yield (number, object with "text") for the lines of a file, or for the objects in one whose name says JSON."""
    if is_json(file):
        return json_objects(lines, file)
    return ((number, dict(text=line)) for number, line in lines)


def json_objects(lines: Iterable[tuple[int, str]], name: str | Path) -> Iterator[tuple[int, dict]]:
    """Yield (line where it begins, object with "text") of a file: the objects of one array, else one a line.

    Args:
        lines (Iterable[tuple[int, str]]): The lines of the file with their numbers from 1; blank ones do not matter. If
            they hold an array, all are taken before the first text is given.
        name (str | Path): What messages call the file.

    Raises:
        InputError: Something else stands there.
    """
    lines = ((number, line) for number, line in lines if line.strip())
    first = list(islice(lines, 1))
    lines = chain(first, lines)
    if first and first[0][1].lstrip().startswith('['):
        rows = dict(lines)
        text = '\n'.join(rows.get(number, '') for number in range(1, max(rows) + 1))
        if EMPTY_ARRAY.fullmatch(text):
            return
        records = ((record.line, record.value) for record in json_records(text, name))
    else:
        records = ((number, parse_json(line, f'{name}:{number}')) for number, line in lines)
    for number, record in records:
        checked_text(record, f'{name}:{number}')
        yield number, record
