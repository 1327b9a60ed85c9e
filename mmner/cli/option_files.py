from collections.abc import Iterable, Mapping
from pathlib import Path

from mmner.utils import InputError
from mmner.utils.files import refuse_input, require_writable


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
