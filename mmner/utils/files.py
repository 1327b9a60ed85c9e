import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TextIO

from mmner.utils import InputError


@contextmanager
def aside(file: Path) -> Iterator[Path]:
    """Another name to write a file under, which becomes its own when the block ends without an error; folders are made.

    A link stays, its target is replaced. A pipe or device is written to at once.

    Raises:
        InputError: Stdout or stderr goes to that file, so that either would write over the other.
    """
    refuse_output(file)
    if file.exists() and not file.is_file():
        yield file
        return
    file = file.resolve()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = new_beside(file, 'part')
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def new_beside(file: Path, suffix: str) -> Path:
    """A new, empty `<file>.<suffix>`, or, where that is there already, `<file>.<suffix>2` and so on."""
    for number in count(1):
        beside = file.with_name(f'{file.name}.{suffix}{number if number > 1 else ""}')
        with suppress(FileExistsError):
            beside.touch(exist_ok=False)
            return beside


@contextmanager
def written_aside(file: Path) -> Iterator[TextIO]:
    """A UTF-8 file that appears under its name only when the block ends without an error, see `aside`.

    A lone surrogate, which UTF-8 cannot hold, is written as the escape by which JSON spells it.

    Raises:
        OSError: The disk refused; before the block begins where `file` is a folder.
    """
    with named(file), aside(file) as part, part.open('w', encoding='utf8', errors='backslashreplace') as sink:
        yield sink


@contextmanager
def named(file: Path) -> Iterator[None]:
    """Let an OSError that names no file, as that of a full disk does not, name this one."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(file)
        raise


def require_writable(file: Path | None, option: str) -> None:
    """Refuse, before long work, the file of an option that could not be written after it; its folder is made.

    Raises:
        InputError: It is a folder, or cannot be made.
    """
    if file is None:
        return
    if file.is_dir():
        raise InputError(f'{option} {file}: is a folder; give a file')
    if file.exists() and not file.is_file():        # a pipe or device
        return
    refuse_output(file)
    folder = file.resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(f'{option} {file}: {error.strerror}; give another file') from error


def refuse_output(file: Path) -> None:
    """Refuse a file to which the shell has sent stdout or stderr, also under a name such as /dev/stdout.

    Raises:
        InputError: It is one.
    """
    for number, name in ((1, 'stdout'), (2, 'stderr')):
        with suppress(OSError):             # the file is not there yet, or the stream is closed
            if file.is_file() and os.path.samestat(file.stat(), os.fstat(number)):
                raise InputError(f'{file}: {name} goes there already; give another name')


def refuse_input(out: Path | None, inputs: Iterable[str | Path | None]) -> None:
    """Refuse to write over one of the files that a command reads. A pipe or device may be both.

    Raises:
        InputError: `out` is one of them.
    """
    if out and out.is_file() and out.resolve() in (Path(file).resolve() for file in inputs if file):
        raise InputError(f'{out}: is read by this command; give another name')


@contextmanager
def finished_folder(out: Path) -> Iterator[Path]:
    """An empty folder whose files appear in `out` only when the block ends without an error.

    Raises:
        InputError: No folder can be made there, or one in it has the name of such a file.
    """
    out = out.resolve()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        beside = TemporaryDirectory(prefix=f'.{out.name}.', dir=out if out.is_dir() else out.parent)
    except OSError as error:
        raise InputError(f'{out}: cannot be made ({error.strerror}); choose another folder') from error
    with named(out), beside:
        unfinished = Path(beside.name, 'files')     # the folder around it is for its owner alone
        unfinished.mkdir()
        yield unfinished
        if not out.exists():
            unfinished.rename(out)
            return
        for file in unfinished.iterdir():
            if (out / file.name).is_dir():
                raise InputError(f'{out / file.name} is a folder and cannot become a file; choose another folder')
        for file in unfinished.iterdir():
            file.replace(out / file.name)
