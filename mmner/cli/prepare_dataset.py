import argparse
import filecmp
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mmner.cli.errors import one_line_errors
from mmner.datasets.corpora import CORPORA, Corpus, check_file, check_sha256, unpack
from mmner.utils import InputError
from mmner.utils.download import DownloadError, download


@one_line_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Download a corpus, check it, and put its files where the configs look for them."""
    args = parse_args(argv)
    if args.name not in CORPORA:
        raise InputError(f'unknown corpus {args.name!r}; known: {", ".join(sorted(CORPORA))}')
    corpus, out = CORPORA[args.name], args.out or Path('data') / args.name
    try:
        if args.force or not is_prepared(corpus, out):
            prepare(corpus, out, archive=args.archive, url=args.url)
            print(f'{args.name} is prepared in {out}')
        else:
            print(f'{args.name} is already prepared in {out}; --force does it again')
    except OSError as error:
        raise InputError(f'{error.filename or out}: {error.strerror or error}; correct this or choose another folder '
                         'with --out DIR') from error
    return 0


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument('name', help=f'one of: {", ".join(sorted(CORPORA))}')
    parser.add_argument('--out', type=Path, metavar='DIR', help='folder for the files (default: data/NAME)')
    parser.add_argument('--force', action='store_true', help='do it again although the files are there')
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--archive', type=Path, metavar='FILE', help='the zip archive, fetched by hand; no download')
    source.add_argument('--url', help='a mirror of the official archive')
    return parser.parse_args(argv)


def is_prepared(corpus: Corpus, out: Path) -> bool:
    """Whether every file is there with the right counts; says what is wrong with one that is there."""
    try:
        for file in corpus.files:
            check_file(out / file.target, file, place=str(out / file.target))
    except FileNotFoundError:
        return False
    except InputError as error:
        print(f'{error}; preparing it again')
        return False
    return True


def prepare(corpus: Corpus, out: Path, *, archive: Path | None, url: str | None) -> None:
    """Unpack `archive`, or what `url` or else the official address sends, into `out`.

    Raises:
        InputError: What arrived is not the corpus; `out` keeps what it had.
        OSError: The disk refused.
    """
    if archive and not os.path.isfile(archive):         # unlike Path.is_file, False where a folder may not be entered
        raise InputError(f'{archive}: no such file within reach; --archive takes the zip of {corpus.url}')
    out.mkdir(parents=True, exist_ok=True)
    if archive:
        install(corpus, archive, out)
        return
    fetched = out / 'download.zip'      # not the official name: that file, fetched by hand, may lie in the folder
    try:
        download(url or corpus.url, fetched)
    except DownloadError as error:
        raise InputError(f'{error}; check the address and the connection, or fetch {corpus.url} elsewhere and use '
                         '--archive FILE') from error
    try:
        install(corpus, fetched, out)
    finally:
        fetched.unlink(missing_ok=True)


def install(corpus: Corpus, archive: Path, out: Path) -> None:
    """Unpack aside, check, and only then give the files their names."""
    with tempfile.TemporaryDirectory(dir=out, prefix='.unpack-') as aside:
        try:
            if corpus.sha256:
                check_sha256(archive, corpus.sha256)
            unpack(archive, corpus.files, Path(aside))
        except InputError as error:
            raise InputError(f'{error}; nothing was installed: fetch {corpus.url} elsewhere and use '
                             '--archive FILE, or unpack what you trust by hand') from error
        for file in corpus.files:
            place(Path(aside) / file.target, out / file.target)
            print(f'{out / file.target}: {file.texts} texts, {file.spans} spans')


def place(new: Path, target: Path) -> None:
    """Move a file to its name; another file of that name, perhaps somebody's work, is kept as `<name>.old`."""
    if target.exists() and not filecmp.cmp(new, target, shallow=False):
        old = target.with_name(f'{target.name}.old')
        os.replace(target, old)
        print(f'{target} was different; the old file is now {old}')
    os.replace(new, target)
