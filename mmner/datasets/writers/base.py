from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from operator import index
from pathlib import Path
from typing import TextIO

import numpy as np

from mmner.structures import Entity, Prediction, Relation
from mmner.utils import InputError, Report
from mmner.utils.files import written_aside


class BaseWriter(ABC):
    """Writes records, as readers give them, or predictions into an annotation file.

    What the format cannot hold is left out and counted in `report`; `holds` says what it can.

    Args:
        strict (bool): Refuse a record of which something would be left out.
    """
    holds: frozenset[str] = frozenset()     # of 'fragments', 'id', 'relations', 'score' and 'units'

    def __init__(self, *, strict: bool = False):
        self.report = Report(strict=strict)

    def __call__(self, records: Iterable[dict | Prediction], file: str | Path) -> None:
        """Write all records; the file, or the folder, appears when the last is written.

        Raises:
            InputError: The file cannot be written or, with `strict`, hold a record.
        """
        try:
            with self.opened(Path(file)) as sink:
                self.write(self.held(records), sink)
        except OSError as error:
            raise InputError(f'{error.filename or file}: {error.strerror}; give another path') from error

    def opened(self, file: Path) -> AbstractContextManager:
        """What `write` writes into; it appears under its name when the block ends without an error."""
        return written_aside(file)

    @abstractmethod
    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        """Write records of which all can be held."""

    def held(self, records: Iterable[dict | Prediction]) -> Iterator[dict]:
        """The records without what the format cannot hold, which is counted.

        Each has `text`, `entities`, `relations` and `where`; `id` and `unit_offsets` where they are known and held.
        """
        for number, record in enumerate(records, 1):
            if isinstance(record, Prediction):
                record = (record.source or {}) | dict(text=record.text, entities=record.entities)
            where = record.get('where', f'record {number}')
            yield self.with_known_keys(record, where) | self.with_entities(record, where)

    def with_known_keys(self, record: dict, where: str) -> dict:
        kept = dict(text=record['text'], where=where)
        if 'id' in record and self.can_hold('id', 'id', where):
            kept['id'] = record['id']
        if 'unit_offsets' in record and ('units' in self.holds or not self.loses_units(record, where)):
            kept['unit_offsets'] = record['unit_offsets']
        return kept

    def with_entities(self, record: dict, where: str) -> dict:
        """The entities that can be held, and the relations between them."""
        places, entities = {}, []
        for number, entity in enumerate(record['entities']):
            if (entity := self.entity(entity, record, where)) is not None:
                places[number] = len(entities)
                entities.append(entity)
        relations = [relation._replace(head=places[relation.head], tail=places[relation.tail])
                     for relation in record.get('relations', [])
                     if self.holds_relation(relation, places, f'{where}: {relation.label!r:.60}')]
        return dict(entities=entities, relations=relations)

    def entity(self, entity: Entity, record: dict, where: str) -> Entity | None:
        """The entity as far as it can be held; None where it cannot.

        Raises:
            InputError: It is none, or lies outside of its text.
        """
        entity = checked(entity, len(record['text']), where)
        place = f'{where}: {entity.label!r:.60} {entity.string(record["text"])!r:.60}'
        if entity.fragments and not self.can_hold('fragments', 'discontinuous entity', place):
            return None
        if entity.score is not None and not self.can_hold('score', 'score of an entity', place):
            return entity._replace(score=None)
        return entity

    def holds_relation(self, relation: Relation, places: dict[int, int], where: str) -> bool:
        if not self.can_hold('relations', 'relation', where):
            return False
        if relation.head in places and relation.tail in places:
            return True
        self.report.add('relation of an entity that is left out (left out)', where)
        return False

    def can_hold(self, what: str, name: str, where: str) -> bool:
        """Whether the format holds it; counted where it does not."""
        if what not in self.holds:
            self.report.add(f'{name} (left out)', where)
        return what in self.holds

    def loses_units(self, record: dict, where: str) -> bool:
        """Whether the words of a text are others than those between its blanks; counted where they are."""
        text = record['text']
        lost = [text[start:end] for start, end in np.array(record['unit_offsets']).tolist()] != text.split()
        if lost:
            self.report.add('words that are not those between blanks (left out)', where)
        return lost


def checked(entity: Entity, length: int, where: str) -> Entity:
    """An entity of a text of that many characters, its offsets as Python's own numbers.

    Raises:
        InputError: It is none, or lies outside of its text.
    """
    try:
        entity = entity._replace(start=index(entity.start), end=index(entity.end))
        if isinstance(entity.label, str) and all(0 <= start < end <= length for start, end in entity.stretches):
            return entity
    except (AttributeError, TypeError, ValueError):
        pass
    raise InputError(f'{where}: {entity!r:.100} is no Entity(label, start, end) of a text of {length} characters; '
                     'correct it')
