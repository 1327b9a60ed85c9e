"""Downloads that continue where they broke off."""
import json
import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from mmner.utils import InputError
from mmner.version import __version__

BACK_OFF = (0.5, 1, 2)                              # seconds before each further try
TIMEOUT = 20                                        # seconds without a byte
CHUNK = 2**16                                       # bytes
TEMPORARY = (408, 429, 500, 502, 503, 504)          # answers after which another try may succeed


class DownloadError(InputError):
    """The server or the way to it failed, not the disk: a file brought by hand would help."""


class _Broken(Exception):
    """One try failed. `connected` tells whether the server had answered."""

    def __init__(self, reason: str, *, connected: bool):
        super().__init__(reason)
        self.connected = connected


class _Part:
    """What has arrived of a file, and a note beside it that says of which version of which address."""

    def __init__(self, file: Path, url: str):
        self.url = url
        self.file = file.with_name(f'{file.name}.part')
        self.note = file.with_name(f'{file.name}.part.json')

    @property
    def size(self) -> int:
        return self.file.stat().st_size if self.file.is_file() else 0

    @property
    def version(self) -> dict[str, str]:
        """The ETag and Last-Modified of the part's first response; empty when they are not known."""
        try:
            note = json.loads(self.note.read_text(encoding='utf8'))
        except (FileNotFoundError, ValueError):
            return {}
        return note['version'] if note['url'] == self.url else {}

    def headers(self) -> dict[str, str]:
        """Ask for the rest, but only of the same version; without a validator, for the whole file."""
        version = self.version
        etag = version.get('ETag', 'W/')
        # A weak ETag (RFC 9110, 13.1.5) does not promise the same bytes.
        validator = version.get('Last-Modified') if etag.startswith('W/') else etag
        return {'Range': f'bytes={self.size}-', 'If-Range': validator} if self.size and validator else {}

    def continued_by(self, response: HTTPResponse) -> bool:
        """Not every server that knows Range knows If-Range, so the answer is compared as well."""
        same = all(response.headers.get(name, value) == value for name, value in self.version.items())
        return same and response.headers.get('Content-Range', '').startswith(f'bytes {self.size}-')

    def begin(self, headers: HTTPMessage) -> None:
        self.drop()         # before the note: old bytes under a new note would pass for the new version
        version = {name: headers[name] for name in ('ETag', 'Last-Modified') if headers[name]}
        self.note.write_text(json.dumps({'url': self.url, 'version': version}), encoding='utf8')

    def drop(self) -> None:
        self.file.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def download(url: str, file: Path, *, back_off: tuple[float, ...] = BACK_OFF, timeout: float = TIMEOUT) -> None:
    """Fetch `url` into `file`, which appears only when it is complete.

    Until then the bytes are in `<file>.part`; a later call continues there if the server still has the same version.

    Args:
        url (str): http or https.
        file (Path): Where to; its folder exists.
        back_off (tuple[float]): Seconds to wait before each further try after a break.
        timeout (float): Seconds without a byte that count as a break.

    Raises:
        DownloadError: Not an address, not there, out of reach, or broken off at every try.
        OSError: The disk refused.
    """
    _check_address(url)
    part = _Part(file, url)
    console = Console(stderr=True)
    with Progress(TextColumn('{task.description}', markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
                  console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(file.name, total=None, visible=False)
        for number, pause in enumerate((*back_off, None)):
            try:
                _receive(part, timeout, partial(progress.update, task, visible=True))
                break
            except _Broken as error:
                # A server that never answered is most likely out of reach: better to say so than to let wait.
                if pause is None or not (number or error.connected):
                    raise DownloadError(f'{url}: {error}{_kept(part)}') from error
                console.print(f'{error}; next try in {pause} s', markup=False, highlight=False)
                time.sleep(pause)
    os.replace(part.file, file)
    part.drop()


def _check_address(url: str) -> None:
    try:
        address = urlsplit(url)
        usable = address.scheme in ('http', 'https') and address.hostname and url.isascii() and address.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise DownloadError(f'{url!r} is not an http(s) address')


def _kept(part: _Part) -> str:
    return f'; {part.size} bytes are kept in {part.file}, the next run continues there' if part.headers() else ''


def _receive(part: _Part, timeout: float, report: Callable[..., None]) -> None:
    """One try: append what the server sends to the part, or begin it anew."""
    with _connect(part, timeout) as response:
        if response.status != 206:
            part.begin(response.headers)
        elif not part.continued_by(response):
            part.drop()
            raise _Broken('the file on the server is no longer the one begun', connected=True)
        length = response.headers.get('Content-Length', '')
        total = part.size + int(length) if length.isdigit() else None
        with part.file.open('ab') as sink:
            for chunk in _chunks(response):
                sink.write(chunk)
                report(completed=sink.tell(), total=total)
    if total is not None and part.size > total:
        part.drop()
        raise _Broken('another process wrote into the same part', connected=True)
    if total is not None and part.size < total:
        raise _Broken(f'the connection broke after {part.size} of {total} bytes', connected=True)


def _connect(part: _Part, timeout: float) -> HTTPResponse:
    headers = {'User-Agent': f'mmner/{__version__}', **part.headers()}
    try:
        return urlopen(Request(part.url, headers=headers), timeout=timeout)
    except HTTPError as error:
        error.close()
        if error.code == 416:                       # the part is no beginning of what the server has now
            part.drop()
        elif error.code not in TEMPORARY:
            raise DownloadError(f'{part.url}: the server answered {error.code} {error.reason}') from error
        raise _Broken(f'the server answered {error.code} {error.reason}', connected=True) from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, 'reason', error)
        raise _Broken(f'cannot be reached ({reason})', connected=not isinstance(error, URLError)) from error


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read1(CHUNK)           # what is there, so that a break loses nothing that arrived
        except (OSError, HTTPException) as error:
            raise _Broken(f'the connection broke ({error!r})', connected=True) from error
        if not chunk:
            return
        yield chunk
