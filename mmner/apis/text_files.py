"""Texts from files, each with the place where it stands."""
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from mmner.datasets.readers.base import decoded_lines, raw_lines
from mmner.datasets.readers.json_values import known_id
from mmner.datasets.readers.text import text_objects
from mmner.utils import InputError


def text_files(path: Path) -> list[Path]:
    """A file itself, or the `.txt` files in a folder and below, sorted by path.

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


def texts_in(paths: Sequence[Path]) -> Iterator[tuple[str, str, dict]]:
    """What `read_texts` yields of files and folders; of a folder, and of several files, with file and line."""
    files = [file for path in paths for file in text_files(path)]
    is_named = len(files) > 1 or files != paths
    return chain.from_iterable(read_texts(file, is_named) for file in files)


def read_texts(file: Path, is_named: bool) -> Iterator[tuple[str, str, dict]]:
    """Yield (place, text, source): each line of a file, or each object in a `.json`, `.jsonl` or `.ndjson` file.

    A blank line of text is an empty text, so that the n-th text is the n-th line; blank lines of JSON are skipped. The
    source, as in `Prediction`, has the "id" of an object and, where `is_named`, file and line.

    Raises:
        InputError: A line cannot be read; this shows when it is asked for.
    """
    for number, value in text_objects(decoded_lines(raw_lines(file), file), file):
        source = known_id(value, f'{file}:{number}')
        if is_named:
            source |= dict(file=str(file), line=number)
        yield f'{file}:{number}', value['text'], source


def placed_lines(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, str]]:
    """Pairs of (place, line without its end); lines end at '\\n' alone, a byte order mark is dropped.

    Raises:
        InputError: A line is not UTF-8.
    """
    return ((f'{name}:{number}', line) for number, line in decoded_lines(lines, name))
