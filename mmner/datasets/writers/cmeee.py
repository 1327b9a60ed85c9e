from collections.abc import Iterator
from typing import TextIO

from mmner.datasets.writers.base import BaseWriter
from mmner.datasets.writers.json_array import write_json_array
from mmner.registry import WRITERS


@WRITERS.register_module()
class CMeEEWriter(BaseWriter):
    """CMeEE's JSON array, with inclusive ends; entities may overlap. Source: https://arxiv.org/abs/2106.08087"""

    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        write_json_array(map(as_json, records), sink)


def as_json(record: dict) -> dict:
    text = record['text']
    return dict(text=text, entities=[dict(start_idx=start, end_idx=end - 1, type=label, entity=text[start:end])
                                     for label, start, end, *_ in record['entities']])
