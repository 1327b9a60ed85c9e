"""What arrived of a corpus: taken out of an archive or a folder, and checked."""
import errno
import hashlib
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from mmner.datasets.corpora import CorpusFile
from mmner.registry import READERS
from mmner.utils import InputError

MAX_MEMBER = 200 * 2**20            # bytes; far more than any file of these corpora, so a larger one is a bomb
BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError,
          ValueError)


class Entry(NamedTuple):
    """A file in an archive or a folder: its path there, its size in bytes, and how to open it."""
    path: str
    size: int
    open: Callable[[], BinaryIO]


def check_sha256(file: Path, expected: str) -> None:
    """Raise `InputError` unless the file has this checksum."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != expected:
        raise InputError(f'{file}: its sha256 is {digest}, expected {expected}; it is damaged or another release')


def check_file(file: Path, expected: CorpusFile, reader: dict, *,
               watch: Callable[[Iterable[dict]], Iterable[dict]] = iter) -> tuple[int, int]:
    """Read a file as training does; return how many texts and spans it has.

    Args:
        file (Path): What to read.
        expected (CorpusFile): What it should hold.
        reader (dict): Config of its reader.
        watch (Callable): Passes the records on, and may show how many they are.

    Raises:
        InputError: The reader refuses it, or it does not hold what is expected.
    """
    texts = spans = 0
    for record in watch(READERS.build(dict(reader))(file)):
        texts += 1
        spans += len(record['entities'])
    if (expected.texts not in (None, texts)) or (expected.spans not in (None, spans)):
        wanted = [f'{count} {name}' for count, name in ((expected.texts, 'texts'), (expected.spans, 'entities'))
                  if count is not None]
        raise InputError(f'{file}: found {texts} texts with {spans} entities, expected {" with ".join(wanted)} '
                         '(damaged, or another release)')
    return texts, spans


def collect(source: Path, names: Iterable[str], folder: Path) -> None:
    """Copy the files, found by base name in any subfolder of an archive or a folder, into `folder`.

    Raises:
        InputError: Neither a folder nor a zip or tar archive, damaged, unsafe, or without one of the files.
        OSError: The disk refused.
    """
    try:
        with opened(source) as entries:
            for name in names:
                copy(find(entries, name, source), folder / name, source)
    except InputError:
        raise
    except (*BROKEN, OSError) as error:
        # bz2 reports damage as an OSError without a number, a senseless position in the file is EINVAL.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise InputError(f'{source}: a damaged archive, or none ({error})') from error


@contextmanager
def opened(source: Path) -> Iterator[list[Entry]]:
    """The files of a folder, a zip or a tar archive."""
    if source.is_dir():
        yield [Entry(path.relative_to(source).as_posix(), path.stat().st_size, partial(path.open, 'rb'))
               for path in source.rglob('*') if path.is_file()]
        return
    refuse_web_page(source)
    if tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            yield [Entry(entry.name, entry.size, partial(archive.extractfile, entry))
                   for entry in archive.getmembers() if entry.isfile()]
        return
    with zipfile.ZipFile(source) as archive:
        yield [Entry(entry.filename, entry.file_size, partial(archive.open, entry))
               for entry in archive.infolist() if not entry.is_dir()]


def refuse_web_page(file: Path) -> None:
    with file.open('rb') as stream:
        start = stream.read(512).removeprefix(b'\xef\xbb\xbf').lstrip().lower()
    if start.startswith((b'<!doctype html', b'<html')):
        raise InputError(f'{file}: a web page; a login page or a proxy answered for the server')


def find(entries: list[Entry], name: str, source: Path) -> Entry:
    """The one entry with this base name."""
    found = []
    for entry in entries:
        path = PurePosixPath(entry.path.replace('\\', '/'))
        if path.is_absolute() or '..' in path.parts:
            raise InputError(f'{source}: its entry {entry.path!r} points outside the folder; do not trust it')
        # macOS adds a second tree with metadata under the same names.
        if path.name == name and '__MACOSX' not in path.parts:
            found.append(entry)
    if len(found) != 1:
        names = ', '.join(entry.path for entry in entries[:8])
        raise InputError(f'{source}: expected one {name!r}, found {len(found)}; it holds {names or "nothing"}')
    return found[0]


def copy(entry: Entry, target: Path, source: Path) -> None:
    if entry.size > MAX_MEMBER:
        raise InputError(f'{source}: {entry.path!r} has {entry.size} bytes, more than {MAX_MEMBER}; not taken')
    with entry.open() as stream, target.open('wb') as sink:
        shutil.copyfileobj(stream, sink)
    refuse_web_page(target)
