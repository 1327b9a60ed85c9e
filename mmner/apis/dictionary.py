from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mmner.apis.text_files import placed_lines
from mmner.datasets.readers.base import raw_lines
from mmner.structures import Entity
from mmner.utils import InputError
from mmner.utils.labels import shown_labels

FORBIDDEN = '-'


class Dictionary:
    """Strings that a user knows better than the model.

    A string with a label is an entity of it wherever it occurs, with score 1. Of occurrences that overlap the longest
    counts, then the first. They replace predicted entities that they overlap. A string with the label `-` is no
    entity: a predicted entity of exactly this text is dropped.

    Args:
        entries (Mapping[str, str] | str | Path): String to label, or a file with one `string<TAB>label` in a line.
        categories (Sequence[str]): The labels that may be named.

    Raises:
        InputError: The file cannot be read, a string is empty or stands there twice, a label is unknown.
    """

    def __init__(self, entries: Mapping[str, str] | str | Path, categories: Sequence[str]):
        if not isinstance(entries, (Mapping, str, Path)):
            raise InputError(f'dictionary: {type(entries).__name__} is no mapping of strings to labels and no file')
        rows = ((f'dictionary entry {string!r}', string, label) for string, label in entries.items()) \
            if isinstance(entries, Mapping) else read_rows(entries)
        self.labels = checked(rows, categories)
        lengths = defaultdict(set)
        for string in self.labels:
            lengths[string[0]].add(len(string))
        self.lengths = {first: sorted(found) for first, found in lengths.items()}

    def __call__(self, text: str, entities: Sequence[Entity]) -> list[Entity]:
        """Entities in offsets of the text, corrected, by start."""
        forced = self.forced(text)
        taken = bytearray(len(text))
        for entity in forced:
            taken[entity.start:entity.end] = b'\1' * (entity.end - entity.start)
        kept = [entity for entity in entities
                if self.labels.get(entity.string(text)) != FORBIDDEN
                and not any(any(taken[start:end]) for start, end in entity.stretches)]
        return sorted([*kept, *forced], key=lambda entity: (entity.start, -entity.end))

    def forced(self, text: str) -> list[Entity]:
        """The occurrences of the strings with a label, of which no two overlap."""
        free, found = bytearray(b'\1' * len(text)), []
        for start, end in sorted(self.occurrences(text), key=lambda span: (span[0] - span[1], span[0])):
            if all(free[start:end]):
                free[start:end] = bytes(end - start)
                found.append(Entity(self.labels[text[start:end]], start, end, 1.0))
        return found

    def occurrences(self, text: str) -> Iterator[tuple[int, int]]:
        for start, character in enumerate(text):
            for end in (start + length for length in self.lengths.get(character, ())):
                if end <= len(text) and self.labels.get(text[start:end], FORBIDDEN) != FORBIDDEN:
                    yield start, end


def read_rows(file: str | Path) -> Iterator[tuple[str, str, str]]:
    """Yield (place, string, label) of the lines that are not blank."""
    for where, line in placed_lines(raw_lines(file), str(file)):
        if line.strip():
            string, tab, label = line.partition('\t')
            if not tab:
                raise InputError(f'{where}: no tab; write string<TAB>label, with the label - for what is no entity')
            yield where, string, label.strip()


def checked(rows: Iterator[tuple[str, str, str]], categories: Sequence[str]) -> dict[str, str]:
    labels = {}
    for where, string, label in rows:
        if not isinstance(string, str):
            raise InputError(f'{where}: is no string; give a mapping of strings to labels')
        if not string:
            raise InputError(f'{where}: the string is empty; write what the text has')
        if string in labels:
            raise InputError(f'{where}: {string!r} stands there twice; keep one label')
        if label != FORBIDDEN and label not in categories:
            raise InputError(f'{where}: unknown label {label!r}; known are {shown_labels(categories)}, and {FORBIDDEN} '
                             'for what is no entity')
        labels[string] = label
    return labels
