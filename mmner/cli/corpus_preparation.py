"""A corpus: whether it is there, and how it is fetched, checked and put into its folder."""
import filecmp
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from mmner.cli.progress import with_progress
from mmner.datasets.corpora import CORPORA, Corpus
from mmner.datasets.corpus_files import check_file, check_sha256, collect
from mmner.utils import InputError
from mmner.utils.download import DownloadError, download
from mmner.utils.files import new_beside
from mmner.utils.tables import markdown_table


def corpus_table() -> str:
    """All corpora in Markdown: sizes, '?' for a count that is not known, and below them licences and homepages."""
    rows = []
    for name, corpus in CORPORA.items():
        counts = [', '.join('?' if count is None else str(count) for count in counts)
                  for counts in zip(*((file.texts, file.spans) for file in corpus.files), strict=True)]
        rows.append([name, corpus.language, corpus.units, *counts])
    sources = (f'- {name}: {corpus.homepage} (licence: {corpus.licence})' for name, corpus in CORPORA.items())
    return '\n'.join([markdown_table(['corpus', 'language', 'units', 'texts', 'entities'], rows), '', *sources])


def is_prepared(corpus: Corpus, out: Path) -> bool:
    """Whether every file is there with the right counts; says what is wrong with one that is there."""
    if not all((out / file.name).is_file() for file in corpus.files):
        return False
    try:
        for file in corpus.files:
            check_file(out / file.name, file, corpus.reader, watch=with_progress)
    except InputError as error:
        print(f'{error}; preparing it again')
        return False
    return True


def prepare(corpus: Corpus, out: Path, *, archive: Path | None, url: str | None) -> None:
    """Put the files of `archive`, or of what `url` or else the official addresses send, into `out`.

    Raises:
        InputError: What arrived is not the corpus; `out` keeps what it had.
        OSError: The disk refused.
    """
    if archive and not os.path.exists(archive):         # unlike Path.exists, False where a folder may not be entered
        raise InputError(f'{archive}: no such file or folder within reach; --archive takes what comes from '
                         f'{origin(corpus)}')
    addresses = fetchable(corpus, url)
    if not archive and not addresses:
        raise InputError(f'{corpus.title} cannot be fetched by a program: {corpus.terms} ({corpus.homepage}); then use '
                         f'--archive FILE, an archive or a folder with {", ".join(corpus.sources)}')
    is_new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        if archive:
            install(corpus, archive, out)
        else:
            fetch_and_install(corpus, addresses, out)
    finally:
        if is_new:
            with suppress(OSError):                     # it holds something
                out.rmdir()


def fetch_and_install(corpus: Corpus, addresses: dict[str, str], out: Path) -> None:
    fetched = out / '.download'
    fetched.mkdir(exist_ok=True)
    try:
        for name, address in addresses.items():
            download(address, fetched / name)
    except DownloadError as error:
        if not any(fetched.iterdir()):                  # what has arrived stays, the next try goes on there
            fetched.rmdir()
        raise InputError(f'{error}; check the address and the connection, or fetch {origin(corpus)} elsewhere and use '
                         '--archive FILE') from error
    try:
        install(corpus, fetched / 'archive' if corpus.archive else fetched, out)
    finally:
        shutil.rmtree(fetched)


def fetchable(corpus: Corpus, mirror: str | None) -> dict[str, str]:
    """The addresses to fetch, by the name under which to store them."""
    if corpus.archive:
        return dict(archive=mirror or corpus.archive)
    if mirror:
        return {name: f'{mirror.rstrip("/")}/{name}' for name in corpus.sources}
    return {file.name: file.url for file in corpus.files if file.url}


def origin(corpus: Corpus) -> str:
    return corpus.archive or corpus.homepage


def install(corpus: Corpus, source: Path, out: Path) -> None:
    """Take the files out of `source` aside, check them, and only then give them their names."""
    with tempfile.TemporaryDirectory(dir=out, prefix='.unpack-') as folder:
        aside, counts = Path(folder), []
        try:
            if corpus.sha256 and source.is_file():
                check_sha256(source, corpus.sha256)
            collect(source, corpus.sources, aside)
            for note in corpus.convert(aside) if corpus.convert else ():
                print(note)
            for file in corpus.files:
                counts.append(check_file(aside / file.name, file, corpus.reader, watch=with_progress))
        except InputError as error:
            message = str(error).replace(f'{aside}{os.sep}', f'{source}{os.sep}')
            raise InputError(f'{message}; nothing was installed: fetch {origin(corpus)} elsewhere and use '
                             '--archive FILE, or put what you trust there by hand') from error
        for file, (texts, spans) in zip(corpus.files, counts, strict=True):
            place(aside / file.name, out / file.name)
            print(f'{out / file.name}: {texts} texts, {spans} entities')


def place(new: Path, target: Path) -> None:
    """Move a file to its name; another file of that name, perhaps somebody's work, is kept as `<name>.old`."""
    if target.exists() and not filecmp.cmp(new, target, shallow=False):
        old = new_beside(target, 'old')
        os.replace(target, old)
        print(f'{target} was different; the old file is now {old}')
    os.replace(new, target)
