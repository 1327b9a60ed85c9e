import os
import re
import tempfile
from argparse import ArgumentParser
from codecs import BOM_UTF8
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

from mmner.cli.errors import one_line_errors
from mmner.cli.progress import with_progress
from mmner.utils import InputError

JSON_RECORDS = re.compile(rb'\s*(\{\s*["}]|\[\s*")')     # objects, or spaCy's lines ["text", {...}]
JSON_ARRAY = re.compile(rb'\s*\[\s*([{\]]|\[\s*")')
LINE_END = re.compile('[ \t\r]*\n?')
EXAMPLE = 'example: %(prog)s data/cluener/train.json data/heldout --parts train.json=0.9 dev.json=0.1'


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/dataset_converters/split_dataset.py') -> int:
    """Split an annotation file into parts by chance: JSON objects one behind the other, spaCy's pairs one a line, a
    JSON array of either, or CoNLL columns.

    Records are copied byte by byte and keep their order; each is in exactly one part, copies of a text perhaps in
    several. The same seed gives the same parts.
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
    write_files(args.out, dict(zip(fractions, (content for _, content in parts), strict=True)))
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
    from mmner.datasets.readers.base import decoded, raw_lines
    from mmner.datasets.readers.spacy_json import values
    if file.is_dir():
        raise InputError(f'{file}: a folder, such as brat has, cannot be split; convert it to jsonl first, with '
                         f'`mmner convert {file} all.jsonl --from brat --to jsonl`')
    lines = list(with_progress(raw_lines(file), unit='lines'))
    lines[:1] = [line.removeprefix(BOM_UTF8) for line in lines[:1]]
    head = b''.join(lines)
    if not head.strip():
        raise InputError(f'{file}: the file is empty; it needs at least one annotated text')
    is_array = JSON_ARRAY.match(head)
    if is_array or JSON_RECORDS.match(head):
        text = decoded(head, file)
        records = [text[record.start:LINE_END.match(text, record.end).end()].encode()
                   for record in with_progress(values(text, file))]
    else:
        records = sentences(lines, file)
    places = choose(len(records), fractions, seed)
    if not all(places):
        raise InputError(f'{file}: {len(records)} records leave one of the {len(fractions)} parts empty; '
                         'give larger fractions or fewer parts')
    chosen = [[records[place] for place in part] for part in places]
    contents = [b'[\n' + b',\n'.join(map(bytes.rstrip, part)) + b'\n]\n' if is_array else b''.join(part)
                for part in chosen]
    # A byte order mark that belongs to the text would not be read as such at the very beginning of a file.
    contents = [b'\n' + content if content.startswith(BOM_UTF8) else content for content in contents]
    return list(zip(map(len, chosen), contents, strict=True))


def sentences(lines: Sequence[bytes], file: Path) -> list[bytes]:
    """The sentences of CoNLL columns, each with what stands before its first word since the last sentence's end.

    What begins with # may be a comment: where nothing else stands between blank lines, it is part of the next sentence,
    or else of the last.

    Raises:
        InputError: The first line with a word has no tag.
    """
    from mmner.datasets.conll_tags import is_tag
    from mmner.datasets.readers.conll import BLANKS, DOCUMENT_START, breaks_sentence
    found, taken, first, has_word, is_over = [], [], '', False, False
    for line in lines:
        text = line.decode('utf8', 'replace')
        breaks = breaks_sentence(text)
        is_over = is_over or (has_word and breaks)
        begins_document = text.startswith(DOCUMENT_START)
        if is_over and (not breaks or begins_document):
            ended = begins_document and not breaks_sentence(taken[-1].decode('utf8', 'replace'))
            found.append(b''.join(taken) + b'\n' * ended)      # what follows in a part may begin with a word
            taken, has_word, is_over = [], False, False
        if not breaks and not text.startswith('#'):
            has_word, first = True, first or text.strip()
        taken.append(line)
    if not any(map(is_tag, BLANKS.split(first))):
        raise InputError(f'{file}: neither JSON nor columns of words and tags, or not in UTF-8: {first!r:.60} has no '
                         'tag; convert it first')
    rest = b''.join(taken)
    return [*found, rest] if has_word else [*found[:-1], found[-1] + rest]


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
