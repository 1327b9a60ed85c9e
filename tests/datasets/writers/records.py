"""Records for the tests of writers."""
from random import Random

import numpy as np

from mmner.structures import Entity, Relation
from tests.strange import strange_text


def full_record() -> dict:
    """One that has all that a record can have."""
    return dict(
        id='doc/7', text='aching in legs and shoulders of Ann', line=1,
        entities=[Entity('symptom', 0, 28, 0.5, ((0, 9), (19, 28))), Entity('symptom', 0, 14, 0.25),
                  Entity('place', 10, 14, 1.0), Entity('name', 32, 35, 0.125)],
        relations=[Relation('of', 0, 3), Relation('part', 2, 1)],
        unit_offsets=np.array([[0, 6], [7, 9], [10, 14], [15, 18], [19, 28], [29, 31], [32, 35]]))


def without_lone_surrogates(text: str) -> str:
    return text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')


def strange_records(random: Random, count: int, *, overlap: bool) -> list[dict]:
    """Records of strange texts, not empty, with entities in the order of the text."""
    records = []
    while len(records) < count:
        text = without_lone_surrogates(strange_text(random))
        spans, end = [], 0
        while text and end < len(text) and random.random() < 0.7:
            start = random.randrange(0 if overlap else end, len(text))
            end = random.randrange(start + 1, min(len(text), start + 9) + 1)
            spans.append(Entity(random.choice('xy'), start, end))
        if text:
            records.append(dict(text=text, entities=sorted(set(spans), key=lambda entity: entity[1:3])))
    return records
