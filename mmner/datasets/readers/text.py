from collections.abc import Iterator
from pathlib import Path

from mmner.datasets.readers.base import BaseReader, parse_json, read_lines
from mmner.registry import READERS
from mmner.utils import InputError

JSON_LINES = ('.json', '.jsonl')


@READERS.register_module()
class TextReader(BaseReader):
    """Texts without gold: the lines of a file, or "text" of the objects in a `.json` or `.jsonl` file, one a line.

    Blank lines are skipped. Of an object nothing else is read, so an annotated corpus in this form will do.
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        is_json = Path(file).suffix.lower() in JSON_LINES
        for number, line in read_lines(file):
            yield dict(text=text_of(line, f'{file}:{number}') if is_json else line, entities=[], line=number)


def text_of(line: str, where: str) -> str:
    record = parse_json(line, where)
    if not isinstance(record, dict) or not isinstance(record.get('text'), str):
        raise InputError(f'{where}: expected an object with a string "text", found {line[:40]!r}')
    return record['text']
