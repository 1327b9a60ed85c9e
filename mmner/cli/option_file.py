from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from mmner.utils import InputError
from mmner.utils.files import refuse_input, require_writable, written_aside


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


def check_option_files(files: Mapping[str, Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Check, before long work, the files that options name, by option.

    Raises:
        InputError: One is among the inputs or cannot be written, or two are the same; pipes and devices may be.
    """
    inputs, options = list(inputs), {}
    for option, file in files.items():
        refuse_input(file, inputs)
        require_writable(file, option)
        if file and (file.is_file() or not file.exists()):
            other = options.setdefault(file.resolve(), option)
            if other != option:
                raise InputError(f'{option} {file}: {other} writes there, too; give another file')
