from collections.abc import Iterator
from typing import TextIO

from mmner.datasets.writers.base import BaseWriter
from mmner.datasets.writers.json_array import write_json_array
from mmner.registry import WRITERS


@WRITERS.register_module()
class SpacyWriter(BaseWriter):
    """spaCy's training data as JSON: an array of `["text", {"entities": [[start, end, label], ...]}]`.

    `Example.from_dict(nlp.make_doc(text), annotations)` of spaCy 3 takes each, but refuses entities that overlap, which
    are written nevertheless. Source: https://spacy.io/api/data-formats#dict-input
    """

    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        write_json_array(map(as_pair, records), sink)


def as_pair(record: dict) -> list:
    """The text and its annotations."""
    return [record['text'], dict(entities=[[start, end, label] for label, start, end, *_ in record['entities']])]
