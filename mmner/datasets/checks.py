"""What may be wrong with annotated texts. Every finding goes into a `Report`; nothing is changed."""
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np

from mmner.structures import Entity
from mmner.structures.entity import shared_characters
from mmner.structures.scripts import LETTER
from mmner.structures.units import entities_to_unit_spans
from mmner.tokenizers.base import BaseTokenizer
from mmner.utils import InputError, Report
from mmner.utils.labels import is_plain, shown_label, shown_labels

INVISIBLE = ('Cc', 'Cf', 'Cn', 'Co', 'Cs')          # Unicode's categories of what is not to be seen
BLANKS = '\t\n\r'
INSIDE = re.compile(LETTER * 2)


def check_entities(record: dict, where: str, report: Report) -> None:
    """What is doubtful about each entity and about two of them, and strings annotated here and not there."""
    text, entities = record['text'], sorted(record['entities'], key=lambda entity: entity[1:3])
    for entity in entities:
        if not entity.label.strip():
            report.add('entity without a label', shown(entity, text, where))
        elif not is_plain(entity.label):
            report.add('entity whose label has a blank at its edge or an invisible character',
                       shown(entity, text, where))
        if not text[entity.start:entity.end].strip() or text[entity.start].isspace() or text[entity.end - 1].isspace():
            report.add('entity that begins or ends with a blank', shown(entity, text, where))
    for entity in not_of_whole_words(text, entities, record.get('unit_offsets')):
        report.add('entity that does not begin and end with a word', shown(entity, text, where))
    for left, right in overlaps(entities):
        report.add(kind_of_overlap(left, right), f'{shown(left, text, where)} and {shown(right, text)}')
    for string, place in unannotated(text, entities):
        report.add('string that is annotated elsewhere in its text', f'{where}: {string!r:.60} at {place}')


def check_gold(record: dict, categories: Collection[str], where: str, report: Report) -> None:
    """Count the entities that are annotated twice.

    Raises:
        InputError: The label of one is not among the categories.
    """
    for entity in record['entities']:
        if entity.label not in categories:
            raise InputError(f'{where}: unknown category {entity.label!r:.60}; known are {shown_labels(categories)}; '
                             'correct the line or add the category to `categories` in the config')
    check_repeats(record, where, report)


def check_repeats(record: dict, where: str, report: Report) -> None:
    """Count the entities that are annotated, or predicted, twice."""
    seen = set()
    for entity in record['entities']:
        if entity.span in seen:
            report.add('entity given twice', shown(entity, record['text'], where))
        seen.add(entity.span)


def not_of_whole_words(text: str, entities: list[Entity], unit_offsets: np.ndarray | None) -> list[Entity]:
    """The entities that begin or end inside of a word; without (U, 2) words, between two letters of one."""
    if unit_offsets is None:
        return [entity for entity in entities if any(
            place and INSIDE.match(text, place - 1) for stretch in entity.stretches for place in stretch)]
    _, inexact, unseen = entities_to_unit_spans(entities, unit_offsets, len(unit_offsets))
    return [*inexact, *unseen]


def overlaps(entities: list[Entity]) -> Iterator[tuple[Entity, Entity]]:
    """The pairs of entities, sorted by start, that share a character."""
    for place, left in enumerate(entities):
        for right in entities[place + 1:]:
            if right.start >= left.end:
                break
            if shared_characters(left, right):
                yield left, right


def kind_of_overlap(left: Entity, right: Entity) -> str:
    if left.span == right.span:
        return 'entity given twice'
    if left.stretches == right.stretches:
        return 'two labels for the same characters'
    nested = lies_within(left, right) or lies_within(right, left)
    return 'entity within another' if nested else 'entities that cross'


def lies_within(inner: Entity, outer: Entity) -> bool:
    return all(any(first <= start and end <= last for first, last in outer.stretches)
               for start, end in inner.stretches)


def unannotated(text: str, entities: list[Entity]) -> Iterator[tuple[str, int]]:
    """Strings of two characters or more that are an entity, and where they stand outside all entities."""
    covered = np.zeros(len(text) + 1, np.int64)
    for start, end in (stretch for entity in entities for stretch in entity.stretches):
        covered[start + 1:end + 1] = 1
    covered_before = covered.cumsum().tolist()
    for string in sorted({text[entity.start:entity.end] for entity in entities if not entity.fragments}):
        start = text.find(string)
        while len(string) > 1 and start >= 0:
            end = start + len(string)
            if covered_before[start] == covered_before[end] and is_whole(text, start, end):
                yield string, start
            start = text.find(string, end)


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether it is no part of a longer word of letters with blanks around."""
    return not any(0 < place < len(text) and text[place - 1:place + 1].isascii() and text[place - 1:place + 1].isalnum()
                   for place in (start, end))


def check_characters(record: dict, where: str, report: Report) -> None:
    """Empty texts, characters that are not to be seen, and what stood in place of one that could not be read."""
    text = record['text']
    if not text or text.isspace():
        report.add('text without a character to be seen', where)
    for character in sorted({*text} - {*BLANKS}):
        if character == '\ufffd':
            report.add('U+FFFD, which stands for a character that could not be read', where)
        elif not character.isprintable() and unicodedata.category(character) in INVISIBLE:
            name = unicodedata.name(character, 'without a name')
            report.add('invisible character', f'{where}: U+{ord(character):04X} ({name}) at {text.index(character)}')


def check_tokens(record: dict, where: str, report: Report, tokenizer: BaseTokenizer) -> int:
    """Characters that the tokenizer does not know; how many tokens the text has."""
    tokens, character_to_token = tokenizer.encode(record['text'])
    # A character that the tokenizer deletes before the first token has none, -1.
    is_unknown = (character_to_token >= 0) & (tokens[character_to_token] == tokenizer.unk_id) if len(tokens) else []
    for place in np.flatnonzero(is_unknown):
        character = record['text'][place]
        if not character.isspace():
            report.add('character that the tokenizer does not know', f'{where}: {character!r} at {place}')
    return len(tokens)


def check_duplicates(splits: dict[str, list[dict]], report: Report) -> None:
    """Texts that stand twice, in one file or in two."""
    first: dict[str, tuple[str, dict]] = {}
    for name, records in splits.items():
        for record in records:
            where, text = place_of(record, name), record['text']
            other, known = first.setdefault(text, (where, record))
            if known is record:
                continue
            same = {entity.span for entity in known['entities']} == {entity.span for entity in record['entities']}
            place = 'in another file' if not other.startswith(f'{name}:') else 'in the file'
            report.add(f'text that is {place} already, with ' + ('the same' if same else 'other') + ' entities',
                       f'{where} and {other}: {text!r:.60}')


def ambiguous_strings(splits: Iterable[list[dict]]) -> dict[str, dict[str, int]]:
    """The strings that are annotated with several labels, and how often with each; the most doubtful first."""
    counts: dict[str, dict[str, int]] = {}
    for records in splits:
        for record in records:
            for entity in record['entities']:
                labels = counts.setdefault(entity.string(record['text']), {})
                labels[entity.label] = labels.get(entity.label, 0) + 1
    several = {string: labels for string, labels in counts.items() if len(labels) > 1}
    return dict(sorted(several.items(), key=lambda item: (max(item[1].values()) - sum(item[1].values()), item[0])))


def place_of(record: dict, file: str | Path) -> str:
    """Where a record stands, with its id if it has one."""
    return f'{file}:{record["line"]}' + (f' (id {record["id"]})' if 'id' in record else '')


def shown(entity: Entity, text: str, where: str = '') -> str:
    return f'{where}{": " if where else ""}{shown_label(entity.label)} {entity.string(text)!r:.60}'
