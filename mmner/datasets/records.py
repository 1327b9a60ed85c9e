from collections.abc import Iterator

import numpy as np

from mmner.datasets.readers.base import BaseReader
from mmner.structures import Entity
from mmner.utils import InputError

NEEDED = {'text', 'entities', 'line'}


def read_records(reader: BaseReader, file: str) -> Iterator[dict]:
    """The records of a file; a reader of the user's own may give anything.

    Raises:
        InputError: What it gives is no record as `BaseReader` has it.
    """
    source, records = f'{file}: {type(reader).__name__}', reader(file)
    if records is None:
        raise InputError(f'{source} gives None; its __call__ must yield the records')
    for record in records:
        if not isinstance(record, dict) or not record.keys() >= NEEDED:
            raise InputError(f'{source} gives {shown(record)}; a record is a dict with text, entities and line')
        text, entities, line = record['text'], record['entities'], record['line']
        if not isinstance(entities, list) or not {Entity}.issuperset(map(type, entities)):
            raise InputError(f'{source} gives the entities {shown(entities)} in line {line}; give a list of '
                             'Entity(label, start, end)')
        if 'unit_offsets' in record and not are_words(record['unit_offsets'], len(text)):
            raise InputError(f'{source} gives the unit_offsets {shown(record["unit_offsets"])} in line {line}; give a '
                             f'(U, 2) array of words in the order of a text of {len(text)} characters, ends exclusive')
        yield record


def shown(value: object) -> str:
    """How a value begins, in one line."""
    return ' '.join(repr(value).split())[:80]


def are_words(offsets: object, length: int) -> bool:
    """Whether it is a (U, 2) array of stretches of a text of this length, none empty, in order and without overlap."""
    if not isinstance(offsets, np.ndarray) or offsets.dtype.kind not in 'iu' or offsets.shape[1:] != (2,):
        return False
    starts, ends = offsets.T
    return bool((starts < ends).all() and (ends[:-1] <= starts[1:]).all()
                and starts.min(initial=0) >= 0 and ends.max(initial=0) <= length)
