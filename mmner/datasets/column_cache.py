"""Columns kept in a folder of the cache and mapped into memory."""
import json
import logging
import os
import shutil
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import count
from mmap import ACCESS_READ, mmap
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mmengine.logging import print_log

from mmner.datasets.column_kinds import KINDS
from mmner.datasets.columns import Columns, hold, write_columns
from mmner.utils.cache import digest
from mmner.version import __version__

CHUNK = 2**22                                           # bytes
ROOT = Path(__file__).parents[1]
OWN_CODE = 'datasets', 'structures', 'tokenizers'       # what columns are made by


class UnusableFolder(Exception):
    """The folder is not there, or not as it was written."""


def load_or_prepare(folder: Path, records: Callable[[], Iterable[dict[str, Any]]],
                    findings: Callable[[], list[str]]) -> tuple[Columns, list[str]]:
    """The columns in a folder; where they are missing or damaged, they are prepared and written first.

    They are written aside and moved, so several processes may do this at once: the first one's columns stay. Where the
    folder cannot be written, a line says so and the columns are held in memory.

    Args:
        folder (Path): Its name must stand for all that the columns depend on.
        records (Callable): Makes the records anew at each call.
        findings (Callable): The lines to keep beside them, asked for when all records are made.

    Returns:
        tuple: The columns and the findings, old or new.
    """
    try:
        return read_folder(folder)
    except UnusableFolder:
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f'{folder.name}.', dir=folder.parent, ignore_cleanup_errors=True) as aside:
            written = Path(aside) / 'columns'
            write_folder(written, records(), findings)
            if not folder.exists():
                written.rename(folder)
        return read_folder(folder)
    except (OSError, UnusableFolder) as error:
        print_log(f'{folder}: cannot be written ({error}); the samples are held in memory instead. Make room there, or '
                  'set MMNER_CACHE to a folder that has some', logger='current', level=logging.WARNING)
        return hold(records()), findings()


def write_folder(folder: Path, records: Iterable[dict[str, Any]], findings: Callable[[], list[str]]) -> None:
    """Write the streams of `write_columns` to the files 0, 1, ... and what describes and checks them to `head`."""
    folder.mkdir()
    with ExitStack() as files:
        numbers = count()
        kinds = write_columns(records, lambda: files.enter_context((folder / str(next(numbers))).open('wb')))
    head = json.dumps(dict(
        columns={name: kind.config() for name, kind in kinds.items()}, findings=findings(),
        checksums=[checksum(folder / str(place)) for place in range(next(numbers))]))
    (folder / 'head').write_text(f'{zlib.crc32(head.encode())}\n{head}', encoding='utf8')


def read_folder(folder: Path) -> tuple[Columns, list[str]]:
    """The columns and findings that `write_folder` wrote.

    Raises:
        UnusableFolder: Some file is missing or not as it was written.
    """
    try:
        head = read_head(folder)
        for place, expected in enumerate(head['checksums']):
            if checksum(folder / str(place)) != expected:
                raise UnusableFolder(f'{folder / str(place)} is damaged')
        return map_folder(folder), head['findings']
    except (OSError, ValueError) as error:
        raise UnusableFolder(str(error)) from error


def read_head(folder: Path) -> dict[str, Any]:
    """Raises OSError or ValueError where it is missing or not as it was written."""
    expected, _, head = (folder / 'head').read_text(encoding='utf8').partition('\n')
    if zlib.crc32(head.encode()) != int(expected):
        raise ValueError(f'{folder / "head"} is damaged')
    return json.loads(head)


def map_folder(folder: Path) -> Columns:
    """The columns in a folder that was found sound."""
    kinds = {name: KINDS[config.pop('kind')](**config) for name, config in read_head(folder)['columns'].items()}
    return Columns(kinds, [map_file(folder / str(place)) for place in range(len(kinds) + 1)],
                   reopen=partial(map_folder, folder))


def map_file(file: Path) -> mmap | bytes:
    with file.open('rb') as stream:
        # An empty file, as for entities of a corpus that has none, cannot be mapped.
        return mmap(stream.fileno(), 0, access=ACCESS_READ) if os.fstat(stream.fileno()).st_size else b''


def checksum(file: Path, value: int = 0) -> int:
    with file.open('rb') as stream:
        while chunk := stream.read(CHUNK):
            value = zlib.crc32(chunk, value)
    return value


def fingerprint(files: Iterable[str | Path], configs: list, components: Iterable[object]) -> str | None:
    """A name for all that the columns of an annotation file depend on.

    Args:
        files (Iterable[str | Path]): What its reader reads, told by path, size and time of change; so is every file
            named in a config.
        configs (list): What the records are made with, in dicts, lists, strings and numbers.
        components (Iterable): What was built from it; the files with the code of its classes and its parts' classes
            count, too, and those that it names as its `files`.

    Returns:
        str | None: None where a config holds something else, such as a built object, or a class stands in no file, as
            in a notebook: nothing tells what is in it.
    """
    components = list(components)
    read = [*files, *(file for component in components for file in getattr(component, 'files', ()))]
    classes = {base for component in components for part in (component, *vars(component).values())
               for base in type(part).__mro__}
    modules = {base.__module__ for base in classes} - set(sys.builtin_module_names)
    code = [getattr(sys.modules.get(module), '__file__', None) for module in modules]
    if None in code:
        return None
    code += [file for package in OWN_CODE for file in (ROOT / package).rglob('*.py')]
    try:
        return digest(json.dumps([__version__, stamps(read), configs, stamps(strings(configs)), stamps(code)],
                                 sort_keys=True))
    except TypeError:
        return None


def strings(value: Any) -> Iterator[str]:
    """All strings in nested dicts and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def stamps(names: Iterable[str | Path]) -> list[tuple[str, int, int]]:
    """Absolute path, size and time of change (ns) of those among the names that are files."""
    files = sorted({os.path.abspath(name) for name in names if os.path.isfile(name)})
    return [(file, (stat := os.stat(file)).st_size, stat.st_mtime_ns) for file in files]
