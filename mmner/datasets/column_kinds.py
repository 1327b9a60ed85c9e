"""How the values of one key of the records are laid out in memory or in a file."""
import json
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from typing import Any

import numpy as np

from mmner.structures import Entity


class Kind(ABC):
    """Turns values into rows of numbers, laid end to end, and back.

    Args:
        dtype (str): Type of the numbers.
        shape (Sequence[int]): Shape of one row.
        labels (Sequence[str]): The labels that stand in the rows by their place in this list.
    """

    def __init__(self, dtype: str, shape=(), labels=()):
        self.dtype = np.dtype(dtype)
        self.shape = tuple(shape)
        self.labels = list(labels)

    @abstractmethod
    def encode(self, values: list) -> tuple[list[int], bytes]:
        """The number of rows of each value, and all rows.

        Raises:
            TypeError | ValueError | AttributeError | OverflowError: A value is of another kind.
        """

    @abstractmethod
    def decode(self, parts: list[np.ndarray]) -> list:
        """The values, each from its (number of rows, *shape) rows; they share no memory with them."""

    def config(self) -> dict:
        return dict(kind=type(self).__name__, dtype=self.dtype.str, shape=self.shape, labels=self.labels)


class TextKind(Kind):
    """A string, as UTF-8 that may hold lone surrogates."""

    def encode(self, values: list[str]) -> tuple[list[int], bytes]:
        parts = [value.encode('utf-8', 'surrogatepass') for value in values]
        return list(map(len, parts)), b''.join(parts)

    def decode(self, parts: list[np.ndarray]) -> list[str]:
        return [rows.tobytes().decode('utf-8', 'surrogatepass') for rows in parts]


class IdKind(Kind):
    """A string, a whole number or None, as JSON; None takes no room."""

    def encode(self, values: list[str | int | None]) -> tuple[list[int], bytes]:
        parts = [b'' if value is None else json.dumps(value).encode() for value in values]
        return list(map(len, parts)), b''.join(parts)

    def decode(self, parts: list[np.ndarray]) -> list[str | int | None]:
        return [json.loads(rows.tobytes()) if len(rows) else None for rows in parts]


class ArrayKind(Kind):
    """An array of which only the first axis differs."""

    def encode(self, values: list[np.ndarray]) -> tuple[list[int], bytes]:
        parts = [value.reshape(-1, *self.shape) for value in values] if self.shape else values
        rows = np.concatenate(parts)
        kept = rows.astype(self.dtype, copy=False)
        if kept.shape[1:] != self.shape or (kept is not rows and not np.array_equal(kept, rows)):
            raise TypeError(f'an array of {rows.dtype} and shape {rows.shape} does not fit the column of {self.dtype}')
        return list(map(len, parts)), kept.tobytes()

    def decode(self, parts: list[np.ndarray]) -> list[np.ndarray]:
        return [rows.copy() for rows in parts]


class NumberKind(Kind):
    """One whole number."""

    def encode(self, values: list[int]) -> tuple[list[int], bytes]:
        return [1] * len(values), array('q', values).tobytes()

    def decode(self, parts: list[np.ndarray]) -> list[int]:
        return [rows.item() for rows in parts]


class NumbersKind(Kind):
    """A list of whole numbers."""

    def encode(self, values: list[list[int]]) -> tuple[list[int], bytes]:
        return list(map(len, values)), array('q', chain.from_iterable(values)).tobytes()

    def decode(self, parts: list[np.ndarray]) -> list[list[int]]:
        return [rows.tolist() for rows in parts]


class SpansKind(Kind):
    """A list of (label, start, end), or (label, start, end, fragments) where a span is discontinuous.

    The fragments are rows behind the span's own, with -1 for a label.
    """

    def encode(self, values: list[list[tuple]]) -> tuple[list[int], bytes]:
        known = {label: index for index, label in enumerate(self.labels)}
        parts = [[number for label, start, end, *rest in value for number in
                  (known.setdefault(label, len(known)), start, end, *fragment_rows(*rest[-1:]))]
                 for value in values]
        self.labels = list(known)
        return [len(numbers) // 3 for numbers in parts], array('q', chain.from_iterable(parts)).tobytes()

    def decode(self, parts: list[np.ndarray]) -> list[list[tuple]]:
        rows = np.concatenate(parts) if parts else np.zeros((0, 3), np.int64)
        is_span = rows[:, 0] >= 0
        label_ids, starts, ends = rows[is_span].T.tolist()
        spans = self._spans(map(self.labels.__getitem__, label_ids), starts, ends)
        if is_span.all():
            return [list(islice(spans, len(part))) for part in parts]
        return [[self._with_fragments(next(spans), fragments) for fragments in fragments_of(part)] for part in parts]

    def _spans(self, labels: Iterable[str], starts: list[int], ends: list[int]) -> Iterator[tuple]:
        return zip(labels, starts, ends, strict=True)

    def _with_fragments(self, span: tuple, fragments: tuple) -> tuple:
        return (*span, fragments) if fragments else span


class EntitiesKind(SpansKind):
    """A list of gold entities, which have no score."""

    def _spans(self, labels: Iterable[str], starts: list[int], ends: list[int]) -> Iterator[Entity]:
        # Twice as fast as to call Entity.
        return map(tuple.__new__, repeat(Entity), zip(labels, starts, ends, repeat(None), repeat(None), strict=False))

    def _with_fragments(self, span: Entity, fragments: tuple) -> Entity:
        return span._replace(fragments=fragments or None)


def fragment_rows(fragments: Iterable[tuple[int, int]] | None = None) -> Iterator[int]:
    """The rows behind that of a span, laid end to end."""
    for start, end in fragments or ():
        yield from (-1, start, end)


def fragments_of(rows: np.ndarray) -> Iterator[tuple[tuple[int, int], ...]]:
    """For each span in (number of rows, 3) its fragments; () for one that has none."""
    begins = np.flatnonzero(rows[:, 0] >= 0)
    for begin, end in zip(begins, [*begins[1:], len(rows)], strict=False):
        yield tuple(map(tuple, rows[begin + 1:end, 1:].tolist()))


KINDS = {kind.__name__: kind for kind in (TextKind, IdKind, ArrayKind, NumberKind, NumbersKind, SpansKind,
                                         EntitiesKind)}
BY_NAME = dict(entities=(EntitiesKind, 'i8', (3,)), unit_spans=(SpansKind, 'i8', (3,)),
               unit_offsets=(ArrayKind, 'i4', (2,)), id=(IdKind, 'u1', ()))


def kind_of(name: str, value: Any) -> Kind:
    """The kind for a key, from its first value.

    Raises:
        TypeError: There is none.
    """
    if name in BY_NAME:
        kind, dtype, shape = BY_NAME[name]
        return kind(dtype, shape)
    if isinstance(value, str):
        return TextKind('u1')
    if isinstance(value, np.ndarray) and value.ndim and not value.dtype.hasobject:
        return ArrayKind(value.dtype.str, value.shape[1:])
    if type(value) is int:
        return NumberKind('i8')
    if isinstance(value, list) and all(type(number) is int for number in value):
        return NumbersKind('i8')
    raise TypeError(f'{name!r} is a {type(value).__name__}; only str, int, list of int and arrays can be kept')
