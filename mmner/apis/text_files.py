"""Texts from files, each with the place where it stands."""
from collections.abc import Iterable, Iterator
from pathlib import Path

from mmner.datasets.readers.base import decoded_lines, raw_lines
from mmner.datasets.readers.text import is_json, json_texts
from mmner.utils import InputError


def text_files(path: Path) -> list[Path]:
    """A file itself, or the `.txt` files in a folder and below, sorted.

    Raises:
        InputError: There is none.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob('*') if file.suffix.lower() == '.txt' and file.is_file())
        if not files:
            raise InputError(f'{path}: the folder has no .txt file; give the files by name')
        return files
    if not path.exists():
        raise InputError(f'{path}: no such file or folder; check the path (relative paths start at {Path.cwd()})')
    return [path]


def read_texts(file: Path) -> Iterator[tuple[str, str]]:
    """Yield (place, text): each line of a file, or "text" of each object in a `.json`, `.jsonl` or `.ndjson` file.

    A blank line of text is an empty text, so that the n-th text is the n-th line; blank lines of JSON are skipped.

    Raises:
        InputError: A line cannot be read; this shows when it is asked for.
    """
    lines = decoded_lines(raw_lines(file), file)
    texts = json_texts(lines, file) if is_json(file) else lines
    return ((f'{file}:{number}', text) for number, text in texts)


def placed_lines(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, str]]:
    """Pairs of (place, line without its end); lines end at '\\n' alone, a byte order mark is dropped.

    Raises:
        InputError: A line is not UTF-8.
    """
    return ((f'{name}:{number}', line) for number, line in decoded_lines(lines, name))
