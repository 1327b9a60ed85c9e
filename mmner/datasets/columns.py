from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

import numpy as np

from mmner.datasets.column_kinds import Kind, kind_of

CHUNK = 100                 # records written at once; more cost time, as the garbage collector looks at all of them
MISFITS = (TypeError, ValueError, AttributeError, OverflowError)


class UnusableRecord(Exception):
    """A record has other keys than the first, or a value that columns cannot keep."""


class Columns(Sequence):
    """Records, key by key: the values of all records laid end to end, and where each record's begin.

    `columns[index]` makes a new record, `records` those of a batch; `take` chooses records without moving any.

    Args:
        kinds (dict[str, Kind]): C keys, and how their values are laid out.
        streams (Sequence): 1 + C objects with the bytes that `write_columns` wrote.
        reopen (Callable, optional): Makes the same columns in another process, which then need not be sent there.
    """

    def __init__(self, kinds: dict[str, Kind], streams: Sequence, reopen: Callable[[], 'Columns'] | None = None):
        self.kinds = kinds
        self.reopen = reopen
        borders, *values = streams
        # (number of records + 1, C): where each record begins in each column, in rows
        self._borders = np.frombuffer(borders, np.int64).reshape(-1, len(kinds))
        self._columns = [np.frombuffer(rows, kind.dtype).reshape(-1, *kind.shape)
                         for kind, rows in zip(kinds.values(), values, strict=True)]
        self._chosen = np.arange(len(self._borders) - 1)

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: int) -> dict[str, Any]:
        place = self._chosen.item(index)
        starts, ends = self._borders[place:place + 2].tolist()
        return {name: kind.decode([rows[start:end]])[0] for (name, kind), rows, start, end
                in zip(self.kinds.items(), self._columns, starts, ends, strict=True)}

    def records(self, indices: Sequence[int]) -> list[dict[str, Any]]:
        """The same as `[columns[index] for index in indices]`, for many in half the time."""
        places = self._chosen[indices]
        starts, ends = self._borders.take(places, axis=0), self._borders.take(places + 1, axis=0)
        values = [kind.decode([rows[start:end] for start, end in zip(*borders, strict=False)]) for kind, rows, *borders
                  in zip(self.kinds.values(), self._columns, starts.T.tolist(), ends.T.tolist(), strict=True)]
        names = list(self.kinds)
        return [dict(zip(names, record, strict=False)) for record in zip(*values, strict=True)]

    def values(self, name: str) -> list:
        """The value of each record in one column; KeyError where there is no such column."""
        kind, place = self.kinds[name], list(self.kinds).index(name)
        borders, rows = self._borders[:, place], self._columns[place]
        return kind.decode([rows[start:end] for start, end in zip(
            borders[self._chosen].tolist(), borders[self._chosen + 1].tolist(), strict=True)])

    def lengths(self, name: str) -> np.ndarray:
        """(number of records,) rows of each record in one column."""
        return np.diff(self._borders[:, list(self.kinds).index(name)])[self._chosen]

    def take(self, indices: slice | list[int] | np.ndarray) -> 'Columns':
        """Some of the records, in the order of `indices`."""
        taken = object.__new__(Columns)
        vars(taken).update(vars(self), _chosen=self._chosen[indices])
        return taken

    def __deepcopy__(self, memo: dict) -> 'Columns':
        return self                             # nothing changes columns

    def __reduce_ex__(self, protocol: int):
        if self.reopen is None:
            return super().__reduce_ex__(protocol)
        return reopened, (self.reopen, self._chosen)


def reopened(reopen: Callable[[], Columns], chosen: np.ndarray) -> Columns:
    return reopen().take(chosen)


def hold(records: Iterable[dict[str, Any]]) -> Columns:
    """Columns in memory; errors as for `write_columns`."""
    streams: list[BytesIO] = []

    def open_stream() -> BytesIO:
        streams.append(BytesIO())
        return streams[-1]

    kinds = write_columns(records, open_stream)
    return Columns(kinds, [stream.getvalue() for stream in streams])


def write_columns(records: Iterable[dict[str, Any]], open_stream: Callable[[], BinaryIO]) -> dict[str, Kind]:
    """Write the borders to the first stream that `open_stream` gives, and each column to the next; keep no record.

    There must be a record, which tells what columns there are.

    Raises:
        UnusableRecord: The message names the lines among which it is.
    """
    borders, streams, kinds, ends = open_stream(), [], {}, np.zeros(0)
    records = iter(records)
    while chunk := list(islice(records, CHUNK)):
        try:
            if not kinds:
                kinds = {name: kind_of(name, value) for name, value in chunk[0].items()}
                streams = [open_stream() for _ in kinds]
                ends = np.zeros((1, len(kinds)), np.int64)
                borders.write(ends.tobytes())
            check_keys(chunk, kinds)
            encoded = [kind.encode([record[name] for record in chunk]) for name, kind in kinds.items()]
        except MISFITS as error:
            raise UnusableRecord(f'lines {chunk[0].get("line")} to {chunk[-1].get("line")}: {error}') from error
        ends = ends[-1] + np.transpose([lengths for lengths, _ in encoded]).cumsum(axis=0)      # (records, C)
        borders.write(ends.tobytes())
        for stream, (_, rows) in zip(streams, encoded, strict=True):
            stream.write(rows)
    return kinds


def check_keys(chunk: list[dict[str, Any]], kinds: dict[str, Kind]) -> None:
    """Raise TypeError unless all records have the keys of `kinds`."""
    for record in chunk:
        if record.keys() != kinds.keys():
            raise TypeError(f'one has the keys {", ".join(record)}, those before it have {", ".join(kinds)}')
