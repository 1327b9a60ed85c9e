from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from mmner.cli.errors import one_line_errors
from mmner.utils import InputError

EXAMPLE = 'example: %(prog)s cluener'


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/dataset_converters/prepare_dataset.py') -> int:
    """Fetch a corpus, check it, and put its files where the configs look for them."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    from mmner.cli.corpus_preparation import CORPORA, corpus_table, is_prepared, prepare  # torch loads after --help
    if args.list:
        print(corpus_table())
        return 0
    if args.name not in CORPORA:
        raise InputError(f'unknown corpus {args.name!r}; known: {", ".join(sorted(CORPORA))}')
    corpus, out = CORPORA[args.name], args.out or Path('data') / args.name
    if args.force or not is_prepared(corpus, out):
        prepare(corpus, out, archive=args.archive, url=args.url)
        print(f'{args.name} is prepared in {out}')
    else:
        print(f'{args.name} is already prepared in {out}; --force does it again')
    print(f'licence: {corpus.licence}; cite: {corpus.citation}')
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('name', nargs='?', default='', help='one of those that --list shows')
    parser.add_argument('--list', action='store_true', help='show the corpora, their sizes, licences and homepages')
    parser.add_argument('--out', type=Path, metavar='DIR', help='folder for the files (default: data/NAME)')
    parser.add_argument('--force', action='store_true', help='do it again although the files are there')
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--archive', type=Path, metavar='FILE',
                        help='a zip or tar archive, or a folder, with the files, fetched by hand; no download')
    source.add_argument('--url', help='a mirror of the official archive, or of the folder that holds the files')
