"""Texts from files, each with the place where it stands."""
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mmner.datasets.readers.base import decoded_lines, raw_lines
from mmner.datasets.readers.json_values import known_id
from mmner.datasets.readers.text import count_returns, is_json, text_objects
from mmner.utils import InputError, Report


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
    """What `all_texts` yields of files and folders; of a folder, and of several files, with file and line."""
    files = [file for path in paths for file in text_files(path)]
    return all_texts(files, is_named=len(files) > 1 or files != paths)


def all_texts(files: Sequence[Path], is_named: bool) -> Iterator[tuple[str, str, dict]]:
    """What `read_texts` yields of each file; at the end a warning says which lines of text have carriage returns."""
    with logged_report() as report:
        for file in files:
            yield from read_texts(file, is_named, report)


def read_texts(file: Path, is_named: bool, report: Report) -> Iterator[tuple[str, str, dict]]:
    """Yield (place, text, source): each line of a file, or each object in a `.json`, `.jsonl` or `.ndjson` file.

    A blank line of text is an empty text, so that the n-th text is the n-th line; blank lines of JSON are skipped. The
    source, as in `Prediction`, has the "id" of an object and, where `is_named`, file and line. `report` counts carriage
    returns inside of lines.

    Raises:
        InputError: A line cannot be read; this shows when it is asked for.
    """
    for number, value in text_objects(decoded_lines(raw_lines(file), file), file):
        place, text = f'{file}:{number}', value['text']
        source = known_id(value, place)
        if is_named:
            source |= dict(file=str(file), line=number)
        if not is_json(file):
            count_returns(text, place, report)
        yield place, text, source


def line_texts(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, str]]:
    """What `placed_lines` yields; at the end a warning says which lines have carriage returns inside."""
    with logged_report() as report:
        for place, text in placed_lines(lines, name):
            count_returns(text, place, report)
            yield place, text


@contextmanager
def logged_report() -> Iterator[Report]:
    """What is counted in it is logged at the end, also where that is an error, or nobody asks for more."""
    report = Report()
    try:
        yield report
    finally:
        for line in report.lines():
            logging.getLogger('mmner').warning(line)


def placed_lines(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, str]]:
    """Pairs of (place, line without its end); lines end at '\\n' alone, a byte order mark is dropped.

    Raises:
        InputError: A line is not UTF-8.
    """
    return ((f'{name}:{number}', line) for number, line in decoded_lines(lines, name))
