import json
from collections.abc import Iterable, Iterator
from typing import TextIO

from mmner.datasets.writers.base import BaseWriter
from mmner.registry import WRITERS


@WRITERS.register_module()
class CLUENERWriter(BaseWriter):
    """CLUENER2020's JSON lines, with inclusive ends; entities may overlap. Source: https://arxiv.org/abs/2001.04351"""
    holds = frozenset({'id'})

    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        for record in records:
            line = dict(id=record['id']) if 'id' in record else {}
            line |= dict(text=record['text'], label=by_category(record['text'], record['entities']))
            sink.write(json.dumps(line, ensure_ascii=False) + '\n')


def by_category(text: str, entities: Iterable[tuple]) -> dict[str, dict[str, list[list[int]]]]:
    """`{category: {string: [[start, inclusive end], ...]}}` of entities, or of tuples that begin as these do."""
    categories: dict[str, dict[str, list[list[int]]]] = {}
    for label, start, end, *_ in entities:
        categories.setdefault(label, {}).setdefault(text[start:end], []).append([start, end - 1])
    return categories
