import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from mmner.utils import InputError, Report

BYTE_ORDER_MARK = '\ufeff'
CONVERT = 'convert the file, e.g. with `iconv -f gb18030 -t utf-8` (after -f the encoding that it has)'


class BaseReader(ABC):
    """Reads an annotation file into records.

    A record is a dict with `text` (str), `entities` (list of Entity in offsets, half-open), `line` (int, where the
    record begins in the file, from 1) and, for a corpus that comes in words, `unit_offsets` ((U, 2) array). A format
    that has them gives `relations` (list of Relation) and `id` (str or int), too; training does not read these.

    Args:
        strict (bool): Refuse what would otherwise be repaired and counted in `report`.
    """

    def __init__(self, *, strict: bool = False):
        self.report = Report(strict=strict)

    @abstractmethod
    def __call__(self, file: str | Path) -> Iterator[dict]:
        """Yield the records of a file one by one.

        Raises:
            InputError: The file is missing, empty, not UTF-8, or a line of it cannot be read; this shows when the
                record is asked for.
        """

    def files_of(self, file: str | Path) -> list[Path]:
        """The files that are read when `file` is given."""
        return [Path(file)]


def read_lines(file: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its end) of the lines that are not blank.

    Lines end at '\\n' alone: U+2028 and the like belong to the text. A byte order mark is dropped.
    """
    found = False
    for number, line in decoded_lines(raw_lines(file), file):
        line = line.rstrip('\r')
        if line and not line.isspace():
            found = True
            yield number, line
    if not found:
        raise InputError(f'{file}: the file is empty; it needs at least one annotated text')


def decoded_lines(lines: Iterable[bytes], name: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, line without its end); lines end at '\\n' alone, a byte order mark is dropped.

    Raises:
        InputError: A line is not UTF-8.
    """
    for number, raw in enumerate(lines, 1):
        try:
            line = raw.decode('utf-8-sig' if number == 1 else 'utf-8')
        except UnicodeDecodeError as error:
            raise InputError(f'{name}:{number}: not UTF-8 ({error.reason} at byte {error.start}); '
                             f'{advice(raw) if number == 1 else CONVERT}') from error
        yield number, line.removesuffix('\n').removesuffix('\r')


def raw_lines(file: str | Path) -> Iterator[bytes]:
    """Yield the lines of a file; mistakes in its path are told as such."""
    try:
        with open(file, 'rb') as stream:
            yield from stream
    except OSError as error:
        raise InputError(f'{file}: {error.strerror}; check the path (relative paths start at {Path.cwd()})') from error


def read_whole(file: str | Path, *, keep_mark: bool = False) -> str:
    """Every character of a file, line ends as they are; a byte order mark only with `keep_mark`.

    Raises:
        InputError: The file is missing or not UTF-8.
    """
    text = decoded(b''.join(raw_lines(file)), file)
    return text if keep_mark else text.removeprefix(BYTE_ORDER_MARK)


def decoded(raw: bytes, name: str | Path) -> str:
    """All of a file.

    Raises:
        InputError: It is not UTF-8.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        place = f'{name}:{raw.count(10, 0, error.start) + 1}'
        raise InputError(f'{place}: not UTF-8 ({error.reason}); {advice(raw)}') from error


def advice(raw: bytes) -> str:
    """What to do with a file that begins so and is not UTF-8."""
    if raw.startswith((b'\x1f\x8b', b'PK\x03\x04', b'BZh', b'\xfd7zXZ', b'\x28\xb5\x2f\xfd')):
        return 'it is compressed: unpack it'
    return CONVERT


def parse_json(line: str, where: str):
    """Parse one line of JSON; a mistake in it names the place."""
    try:
        return DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f'{where}: not valid JSON ({error}); correct or delete this line') from error


def to_dict(pairs: list[tuple[str, object]]) -> dict:
    """A JSON object as a dict; Python's own way would drop all but the last value of a repeated key."""
    result = dict(pairs)
    if len(result) < len(pairs):
        repeated, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f'the key {repeated!r:.60} stands twice in one object')
    return result


DECODER = json.JSONDecoder(object_pairs_hook=to_dict)
