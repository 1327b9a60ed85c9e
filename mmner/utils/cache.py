import hashlib
import os
from pathlib import Path

from mmner.utils.download import DownloadError, download


def fetch(url: str, *, optional: bool = False) -> Path:
    """The local copy of an http(s) file, downloaded at first; files of one remote folder lie in one folder.

    They are kept in `$MMNER_CACHE`, or `~/.cache/mmner`.

    Args:
        url (str): Address of the file.
        optional (bool): Whether the file may be absent from the server.

    Raises:
        DownloadError: The file could not be fetched.
    """
    folder, _, name = url.split('?')[0].rpartition('/')
    root = Path(os.environ.get('MMNER_CACHE', Path.home() / '.cache/mmner'))
    file = root / hashlib.sha256(folder.encode()).hexdigest()[:16] / name
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            download(url, file)
        except DownloadError:
            if not optional:
                raise
    return file
