import json
from collections.abc import Iterable
from typing import TextIO


def write_json_array(values: Iterable, sink: TextIO) -> None:
    """Write values as a JSON array, each in a line of its own; none are an empty array."""
    sink.write('[')
    for number, value in enumerate(values):
        sink.write(',\n' if number else '\n')
        sink.write(json.dumps(value, ensure_ascii=False))
    sink.write('\n]\n')
