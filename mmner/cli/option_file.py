from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mmner.utils import InputError
from mmner.utils.files import written_aside


@contextmanager
def option_file(file: Path, option: str) -> Iterator[TextIO]:
    """The file that an option names, opened by `written_aside`.

    Raises:
        InputError: It cannot be written.
    """
    try:
        with written_aside(file) as sink:
            yield sink
    except OSError as error:
        raise InputError(f'{file}: {error.strerror}; give another {option}') from error
