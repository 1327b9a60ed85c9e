import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mmner.utils import InputError


@contextmanager
def written_aside(file: Path) -> Iterator[TextIO]:
    """A UTF-8 file that appears under its name only when the block ends without an error; folders are made.

    A lone surrogate, which UTF-8 cannot hold, is written as the escape by which JSON spells it.

    Raises:
        OSError: The disk refused; before the block begins where `file` is a folder.
    """
    file = file.absolute()
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f'{file.name}.part')
    try:
        with part.open('w', encoding='utf8', errors='backslashreplace') as sink:
            yield sink
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def finished_folder(out: Path) -> Iterator[Path]:
    """An empty folder beside `out` whose files appear in `out` only when the block ends without an error.

    Raises:
        InputError: No folder can be made there.
    """
    out = out.absolute()
    unfinished = out.with_name(f'.{out.name}.{os.getpid()}')
    try:
        unfinished.mkdir(parents=True)
    except OSError as error:
        raise InputError(f'{out}: cannot be made ({error.strerror}); choose another folder') from error
    try:
        yield unfinished
        if not out.exists():
            unfinished.rename(out)
            return
        for file in unfinished.iterdir():
            file.replace(out / file.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
