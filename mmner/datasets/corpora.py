"""The corpora that `tools/dataset_converters/prepare_dataset.py` can fetch: one table, and how to check it."""
import errno
import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from mmner.utils import InputError

MAX_MEMBER = 200 * 2**20            # bytes; far more than any file of these corpora, so a larger one is a zip bomb
BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class CorpusFile:
    """One file of a corpus.

    Attributes:
        member (str): Base name in the archive.
        target (str): Name in the prepared folder.
        texts (int): How many lines it holds, one text each.
        spans (int): How many labelled spans; 0 where the labels are not published.
    """
    member: str
    target: str
    texts: int
    spans: int


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Where a corpus comes from and what must arrive.

    Attributes:
        url (str): The official zip archive.
        files (tuple[CorpusFile]): The files to take from it.
        sha256 (str, optional): Checksum of the archive; None where it is not known.
    """
    url: str
    files: tuple[CorpusFile, ...]
    sha256: str | None = None


CORPORA = {
    'cluener': Corpus(
        url='https://storage.googleapis.com/cluebenchmark/tasks/cluener_public.zip',
        # The sha256 of the archive is not known; the zip's own CRCs and the counts below stand in for it.
        files=(
            CorpusFile(member='train.json', target='train.json', texts=10748, spans=23972),
            CorpusFile(member='dev.json', target='dev.json', texts=1343, spans=3072),
            CorpusFile(member='test.json', target='test.json', texts=1345, spans=0),
        )),
}


def count_spans(line: bytes) -> int:
    """Labelled spans of one line `{"text": ..., "label": {category: {string: [[start, end], ...]}}}`."""
    sample = json.loads(line)
    if not isinstance(sample, dict) or not isinstance(sample.get('text'), str):
        raise ValueError('no "text"')
    spans = [(start, end) for strings in sample.get('label', {}).values() for pairs in strings.values()
             for start, end in pairs]
    return len(spans)


def count_lines(lines: Iterable[bytes], *, place: str) -> tuple[int, int]:
    """Texts and spans of a file; empty lines do not count.

    Raises:
        InputError: A line is not what `count_spans` reads; names `place` and the line.
    """
    texts = spans = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            spans += count_spans(line)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(f'{place}:{number}: not a line of this corpus ({error}); the file is damaged or '
                             'of another format') from error
        texts += 1
    return texts, spans


def check_file(file: Path, expected: CorpusFile, *, place: str) -> None:
    """Raise `InputError` unless `file` holds the expected number of texts and spans; the message calls it `place`."""
    with file.open('rb') as lines:
        texts, spans = count_lines(lines, place=place)
    if (texts, spans) != (expected.texts, expected.spans):
        raise InputError(f'{place}: found {texts} texts with {spans} spans, expected {expected.texts} with '
                         f'{expected.spans} (damaged, or another release)')


def check_sha256(file: Path, expected: str) -> None:
    """Raise `InputError` unless the file has this checksum."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    if digest != expected:
        raise InputError(f'{file}: its sha256 is {digest}, expected {expected}; it is damaged or another release')


def unpack(archive: Path, files: Iterable[CorpusFile], folder: Path) -> None:
    """Unpack the files, found by base name in any subfolder, to their target names in `folder`, and count them.

    Raises:
        InputError: No zip archive, damaged, unsafe, or not holding what is expected.
        OSError: The disk refused.
    """
    try:
        with _open_zip(archive) as opened:
            for file in files:
                _unpack_member(opened, _find(opened, file.member, archive), folder / file.target)
    except InputError:
        raise
    except (*BROKEN_ZIP, OSError) as error:
        # bz2 reports damage as an OSError without a number, a senseless position in the file is EINVAL.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise InputError(f'{archive}: a damaged zip archive ({error})') from error
    for file in files:
        check_file(folder / file.target, file, place=f'{archive}/{file.member}')


def _open_zip(archive: Path) -> zipfile.ZipFile:
    try:
        with archive.open('rb') as stream:
            start = stream.read(512).lstrip().lower()
    except OSError as error:
        raise InputError(f'{archive}: cannot be read ({error.strerror})') from error
    if start.startswith((b'<', b'\xef\xbb\xbf<')):
        raise InputError(f'{archive}: a web page, not a zip archive; a login page or a proxy answered for the server')
    return zipfile.ZipFile(archive)


def _find(opened: zipfile.ZipFile, member: str, archive: Path) -> zipfile.ZipInfo:
    """The one entry with this base name."""
    found = []
    for entry in opened.infolist():
        path = PurePosixPath(entry.filename.replace('\\', '/'))
        if path.is_absolute() or '..' in path.parts:
            raise InputError(f'{archive}: its entry {entry.filename!r} points outside the folder; do not trust it')
        # macOS adds a second tree with metadata under the same names.
        if path.name == member and '__MACOSX' not in path.parts and not entry.is_dir():
            found.append(entry)
    if len(found) != 1:
        names = ', '.join(opened.namelist()[:8])
        raise InputError(f'{archive}: expected one {member!r}, found {len(found)}; it holds {names or "nothing"}')
    return found[0]


def _unpack_member(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    if entry.file_size > MAX_MEMBER:
        raise InputError(f'{opened.filename}: {entry.filename!r} would unpack to {entry.file_size} bytes, more than '
                         f'{MAX_MEMBER}; not unpacked')
    with opened.open(entry) as source, target.open('wb') as sink:
        shutil.copyfileobj(source, sink)
