import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mmner.utils import InputError

LONE_SURROGATE = re.compile('[\ud800-\udfff]')      # JSON can spell it, UTF-8 and SentencePiece cannot
JSON_SUFFIXES = ('.json', '.jsonl', '.ndjson')
TAG_AT_END = re.compile('[ \t](O|[BISMEUL]-\\S+)[ \t]*$')


def read_corpus_texts(files: Iterable[str | Path]) -> list[str]:
    """The texts of some files, without their annotations.

    A file named .json, .jsonl or .ndjson holds objects with a "text", one a line or all in one array; any other file
    holds one text a line.

    Raises:
        InputError: A file cannot be read, holds no text, or looks like the columns of an annotated corpus.
    """
    texts = []
    for file in map(Path, files):
        found = [text for text in _read_texts(file) if text.strip()]
        if not found:
            raise InputError(f'{file}: holds no text; give JSON lines with a "text" or plain text, one text a line')
        texts.extend(found)
    return texts


def _read_texts(file: Path) -> Iterator[str]:
    try:
        content = file.read_text(encoding='utf-8-sig')
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f'{file}: cannot be read as a UTF-8 text file ({error})') from error
    if file.suffix.lower() not in JSON_SUFFIXES:
        lines = content.split('\n')         # splitlines would break at U+2028 inside a text
        if _are_columns(lines):
            raise InputError(f'{file}: looks like columns with a tag at the end; give the config that reads it '
                             '(--corpus CONFIG.py), or its texts as JSON lines with a "text"')
        yield from lines
    elif content.lstrip().startswith('['):
        for place, record in enumerate(_parse(content, file, 1), 1):
            yield _text_of(record, f'{file}: record {place}')
    else:
        for number, line in enumerate(content.split('\n'), 1):
            if line.strip():
                yield _text_of(_parse(line, file, number), f'{file}:{number}')


def _are_columns(lines: list[str]) -> bool:
    """Do most lines end in a tag, some in O and some in another? Few texts do, not even lists of vitamins."""
    tags = [match[1] for match in map(TAG_AT_END.search, lines) if match]
    return len(tags) > len(list(filter(str.strip, lines))) / 2 and 'O' in tags and {*tags} != {'O'}


def _parse(content: str, file: Path, first_line: int) -> object:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise InputError(f'{file}:{first_line + error.lineno - 1}: not JSON ({error.msg}, column {error.colno}); '
                         'correct the line, or name a plain text file .txt') from error


def _text_of(record: object, place: str) -> str:
    text = record.get('text') if isinstance(record, dict) else None
    if not isinstance(text, str):
        raise InputError(f'{place}: an object with a string "text" was expected, found {str(record)[:60]!r}')
    return LONE_SURROGATE.sub('\ufffd', text)
