from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmner.cli.annotation_files import READABLE, WRITABLE, build_reader, build_writer, print_findings
from mmner.cli.errors import one_line_errors
from mmner.cli.progress import with_progress
from mmner.utils import InputError

EXAMPLE = ("example: %(prog)s train.char.bmes train.jsonl --from conll --to jsonl; "
           "of English columns: --reader-options joiner=' '")


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/dataset_converters/convert.py') -> int:
    """Write an annotation file in another format. What that cannot hold is counted and shown."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    is_empty_folder = args.out.is_dir() and not any(args.out.iterdir())
    if args.out.exists() and not (args.target == 'brat' and is_empty_folder):
        raise InputError(f'{args.out}: exists and is not overwritten; give another name, or remove it')
    reader = build_reader(args.source, args.reader_options, strict=args.strict)
    writer = build_writer(args.target, args.writer_options, strict=args.strict)
    counts = Counter()
    writer(with_progress(counted(reader(args.file), args.file, counts)), args.out)
    print(f'{args.file}: {counts["records"]} records, {counts["entities"]} entities')
    print_findings([(args.file, reader), (args.out, writer)])
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('file', type=Path, metavar='IN', help='the annotation file')
    parser.add_argument('out', type=Path, metavar='OUT', help='where to write')
    parser.add_argument('--from', dest='source', required=True, choices=READABLE, metavar='FORMAT',
                        help=f'format of IN: {", ".join(READABLE)}')
    parser.add_argument('--to', dest='target', required=True, choices=WRITABLE, metavar='FORMAT',
                        help=f'format of OUT: {", ".join(WRITABLE)}')
    parser.add_argument('--strict', action='store_true', help='refuse what would be repaired or left out')
    for name, example in (('reader', 'tag_column=3'), ('writer', 'scheme=BIOES')):
        parser.add_argument(f'--{name}-options', nargs='+', default=[], metavar='KEY=VALUE',
                            help=f"arguments of the {name}, e.g. {example} joiner=' '")


def counted(records: Iterator[dict], file: Path, counts: Counter) -> Iterator[dict]:
    """The records, each with the place where it stands in the file.

    Raises:
        InputError: There is none.
    """
    from mmner.datasets.checks import place_of
    for record in records:
        counts['records'] += 1
        counts['entities'] += len(record['entities'])
        yield record | dict(where=place_of(record, file))
    if not counts['records']:
        raise InputError(f'{file}: holds no text; nothing was written')
