import json
from collections.abc import Iterator
from itertools import count
from typing import TextIO

from mmner.datasets.readers.utf16 import utf16_offsets
from mmner.datasets.writers.base import BaseWriter
from mmner.registry import WRITERS


@WRITERS.register_module()
class DoccanoWriter(BaseWriter):
    """doccano's JSON lines as 1.5 and later import and export them where a project has relations.

    `{"id", "text", "entities": [{"id", "label", "start_offset", "end_offset"}], "relations": [{"id", "from_id",
    "to_id", "type"}]}`. Offsets count UTF-16 units, as doccano shows them: an emoji is two. The ids of entities and of
    relations are numbers, unique in the file. Source: https://github.com/doccano/doccano
    """
    holds = frozenset({'id', 'relations'})

    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        entity_ids, relation_ids = count(1), count(1)
        for record in records:
            offsets = utf16_offsets(record['text'])
            entities = [dict(id=next(entity_ids), label=label, start_offset=offsets[start], end_offset=offsets[end])
                        for label, start, end, *_ in record['entities']]
            relations = [dict(id=next(relation_ids), from_id=entities[head]['id'], to_id=entities[tail]['id'],
                              type=label) for label, head, tail in record['relations']]
            line = dict(id=record['id']) if 'id' in record else {}
            line |= dict(text=record['text'], entities=entities, relations=relations)
            sink.write(json.dumps(line, ensure_ascii=False) + '\n')
