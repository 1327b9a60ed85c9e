import hashlib
import logging
import os
from pathlib import Path

from filelock import FileLock
from mmengine.logging import print_log

from mmner.utils.download import DownloadError, download


def fetch(url: str, *, optional: bool = False) -> Path:
    """The local copy of an http(s) file, downloaded at first; files of one remote folder lie in one folder.

    They are kept in `$MMNER_CACHE`, or `~/.cache/mmner`, under their own names; a query is told by a prefix. Of several
    processes that ask for a file at once, one downloads it and the others wait for it.

    Args:
        url (str): Address of the file.
        optional (bool): Whether to go on without it; the path given then does not exist.

    Raises:
        DownloadError: The address names no file, or it could not be fetched.
        OSError: The disk refused.
    """
    address, _, query = url.partition('?')
    folder, _, name = address.rpartition('/')
    if not name:
        raise DownloadError(f'{url}: the address of a folder; give that of a file')
    if query:
        name = f'{digest(query)}-{name}'
    file = cache_root() / digest(folder) / name
    if not file.is_file():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(file.with_name(f'{file.name}.lock')):
                if not file.is_file():
                    download(url, file)
        except (DownloadError, OSError) as error:
            if not optional:
                raise
            print_log(f'{error}; going on without it', logger='current', level=logging.WARNING)
    return file


def cache_root() -> Path:
    """`$MMNER_CACHE`, or `~/.cache/mmner`."""
    return Path(os.environ.get('MMNER_CACHE') or Path.home() / '.cache/mmner')


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
