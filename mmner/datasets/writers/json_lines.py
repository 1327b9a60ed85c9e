import json
from collections.abc import Iterator
from typing import TextIO

import numpy as np

from mmner.datasets.writers.base import BaseWriter
from mmner.registry import WRITERS
from mmner.structures import Prediction


@WRITERS.register_module()
class JsonLinesWriter(BaseWriter):
    """JSON lines as `JsonLinesReader` reads them; they hold all that a record has."""
    holds = frozenset({'fragments', 'id', 'relations', 'score', 'units'})

    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        for record in records:
            sink.write(json.dumps(as_json(record), ensure_ascii=False) + '\n')


def as_json(record: dict) -> dict:
    line = dict(id=record['id']) if 'id' in record else {}
    line |= Prediction(record['text'], record['entities']).to_dict()
    if record['relations']:
        line['relations'] = [relation._asdict() for relation in record['relations']]
    if 'unit_offsets' in record:
        line['unit_offsets'] = np.array(record['unit_offsets']).tolist()
    return line
