import os
import re
import tempfile
from argparse import ArgumentParser
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

from mmner.cli.errors import one_line_errors
from mmner.cli.progress import with_progress
from mmner.utils import InputError

JSON_OBJECTS = re.compile(rb'\s*\{\s*["}]')
JSON_ARRAY = re.compile(rb'\s*\[\s*[{\]]')
LINE_END = re.compile('[ \t\r]*\n?')
EXAMPLE = 'example: %(prog)s data/cluener/train.json data/heldout --parts train.json=0.9 dev.json=0.1'


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/dataset_converters/split_dataset.py') -> int:
    """Split an annotation file into parts by chance: JSON objects one behind the other, a JSON array, or CoNLL columns.

    Records are copied byte by byte and keep their order; each is in exactly one part. The same seed gives the same
    parts.
    """
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    fractions = dict(map(parse_part, args.parts))
    if len(fractions) < len(args.parts) or sum(fractions.values()) != 1:
        raise InputError(f'--parts {" ".join(args.parts)}: the names must differ and the fractions add up to 1')
    targets = [args.out / name for name in fractions]
    for target in targets:
        if target.exists():
            raise InputError(f'{target}: exists and is not overwritten; give another folder, or remove it')
    parts = split_file(args.file, list(fractions.values()), args.seed)
    try:
        write_files(args.out, dict(zip(fractions, (content for _, content in parts), strict=True)))
    except OSError as error:
        raise InputError(f'{error.filename or args.out}: {error.strerror or error}; correct this or choose another '
                         'folder') from error
    for target, (count, _) in zip(targets, parts, strict=True):
        print(f'{target}: {count} records')
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('file', type=Path, help='the annotation file')
    parser.add_argument('out', type=Path, help='folder for the parts')
    parser.add_argument('--parts', nargs='+', required=True, metavar='NAME=FRACTION',
                        help='file names and shares of the records, e.g. train.json=0.9 dev.json=0.1')
    parser.add_argument('--seed', type=int, default=0, help='which of all splits (default: 0)')


def parse_part(part: str) -> tuple[str, Fraction]:
    name, _, number = part.rpartition('=')
    try:
        fraction = Fraction(number)
    except (ValueError, ZeroDivisionError):
        fraction = Fraction(0)
    if fraction <= 0 or name in ('', '.', '..') or Path(name).name != name:
        raise InputError(f'--parts {part}: expected the name of a file, =, and a fraction above 0, e.g. train.json=0.9')
    return name, fraction


def split_file(file: Path, fractions: list[Fraction], seed: int) -> list[tuple[int, bytes]]:
    """For each fraction the number of its records and the content of its file.

    Raises:
        InputError: The file or a JSON record in it cannot be read, or a part would be empty.
    """
    from mmner.datasets.readers.base import raw_lines, read_whole
    from mmner.datasets.readers.json_file import json_records
    lines = list(with_progress(raw_lines(file), unit='lines'))
    lines[:1] = [line.removeprefix(BOM_UTF8) for line in lines[:1]]
    head = b''.join(lines)
    is_array = JSON_ARRAY.match(head)
    if is_array or JSON_OBJECTS.match(head):
        text = read_whole(file).removeprefix('\ufeff')
        records = [text[record.start:LINE_END.match(text, record.end).end()].encode()
                   for record in with_progress(json_records(text, file))]
    else:
        records = list(sentences(lines, file))
    places = choose(len(records), fractions, seed)
    if not all(places):
        raise InputError(f'{file}: {len(records)} records leave one of the {len(fractions)} parts empty; '
                         'give larger fractions or fewer parts')
    chosen = [[records[place] for place in part] for part in places]
    contents = [b'[\n' + b',\n'.join(map(bytes.rstrip, part)) + b'\n]\n' if is_array else b''.join(part)
                for part in chosen]
    return list(zip(map(len, chosen), contents, strict=True))


def sentences(lines: Sequence[bytes], file: Path) -> Iterator[bytes]:
    """The sentences of CoNLL columns, each with what stands before its first word since the last sentence's end.

    Raises:
        InputError: The file has no columns.
    """
    from mmner.datasets.readers.conll import DOCUMENT_START, breaks_sentence
    if any(b'\0' in line for line in lines[:1]) or not any(b' ' in line or b'\t' in line for line in lines):
        raise InputError(f'{file}: neither JSON nor columns of words and tags, or not in UTF-8; convert it first')
    taken, has_word, is_over = [], False, False
    for line in lines:
        text = line.decode('utf8', 'replace')
        breaks = breaks_sentence(text)
        is_over = is_over or (has_word and breaks)
        if is_over and (not breaks or text.startswith(DOCUMENT_START)):
            yield b''.join(taken)
            taken, has_word, is_over = [], False, False
        has_word = has_word or not breaks
        taken.append(line)
    if has_word:
        yield b''.join(taken)


def choose(count: int, fractions: Sequence[Fraction], seed: int) -> list[list[int]]:
    """Share out `range(count)`; the sizes differ from the exact shares by less than 1 and add up to `count`."""
    random = Random(seed)
    order = sorted(range(count), key=[random.random() for _ in range(count)].__getitem__)
    borders = [round(sum(fractions[:number]) * count) for number in range(len(fractions) + 1)]
    return [sorted(order[begin:end]) for begin, end in zip(borders, borders[1:], strict=False)]


def write_files(folder: Path, contents: dict[str, bytes]) -> None:
    """Write all files aside, and only then give them their names."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix='.split-') as aside:
        for name, content in contents.items():
            Path(aside, name).write_bytes(content)
        for name in contents:
            os.replace(Path(aside, name), folder / name)
