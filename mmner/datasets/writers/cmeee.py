import json
from collections.abc import Iterator
from typing import TextIO

from mmner.datasets.writers.base import BaseWriter
from mmner.registry import WRITERS


@WRITERS.register_module()
class CMeEEWriter(BaseWriter):
    """CMeEE's JSON array, with inclusive ends; entities may overlap. Source: https://arxiv.org/abs/2106.08087"""

    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        separator = '[\n'
        for record in records:
            text = record['text']
            entities = [dict(start_idx=start, end_idx=end - 1, type=label, entity=text[start:end])
                        for label, start, end, *_ in record['entities']]
            sink.write(separator + json.dumps(dict(text=text, entities=entities), ensure_ascii=False))
            separator = ',\n'
        sink.write('\n]\n')
