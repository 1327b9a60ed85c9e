import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from mmner.datasets.readers.brat import LINE_BREAK, joined_over_breaks
from mmner.datasets.writers.base import BaseWriter
from mmner.registry import WRITERS
from mmner.structures import Entity, Relation
from mmner.tokenizers.base import LONE_SURROGATE
from mmner.utils import InputError
from mmner.utils.files import finished_folder

FORBIDDEN = re.compile(r'[<>:"|?*\\]|\.(?:txt|ann)$', re.IGNORECASE)      # in names on some system, or a document's
DEVICE = re.compile('(?:con|nul|prn|aux|(?:com|lpt)[1-9¹²³]) *(?:[.].*)?', re.IGNORECASE)     # no file on Windows
Span = tuple[int, int]


@WRITERS.register_module()
class BratWriter(BaseWriter):
    """brat standoff: into a new or empty folder a .txt and an .ann for each record.

    They are named by its id, where that is a relative path that all systems can hold and no other record has, else by
    its number. A span is cut into fragments at line ends and tabs, as brat does, and `BratReader` joins them again.

    Counted in `report`, beside what no record of brat holds: an id that is no such path; entities and relations whose
    label is not one word, which are left out; line ends at the edge of an entity, and an entity of nothing else; a
    lone surrogate, which UTF-8 cannot hold and U+FFFD stands for.

    Source: https://brat.nlplab.org/standoff.html
    """
    holds = frozenset({'fragments', 'id', 'relations'})

    def opened(self, file: Path) -> AbstractContextManager:
        if file.exists() and not (file.is_dir() and not any(file.iterdir())):
            raise InputError(f'{file}: is there already and no empty folder; give another, or delete it')
        return finished_folder(file)

    def write(self, records: Iterator[dict], sink: Path) -> None:
        taken = set()
        for number, record in enumerate(records, 1):
            name = self.name(record, number, taken)
            if '/' in name:
                (sink / name).parent.mkdir(parents=True, exist_ok=True)
            text = self.without_surrogates(record)
            (sink / f'{name}.txt').write_bytes(text.encode())
            (sink / f'{name}.ann').write_bytes(annotations(record, text).encode())

    def name(self, record: dict, number: int, taken: set[str]) -> str:
        """The path of a document without suffix; `taken` are those of the others, in lower case."""
        name = str(record.get('id', ''))
        if not is_safe(name) or name.casefold() in taken:
            if 'id' in record:
                self.report.add('id that is no safe or no free path (the document is named by its number)',
                                f'{record["where"]}: {name!r:.60}')
            name = f'{number:08}'
            while name in taken:
                name += '_'
        taken.add(name.casefold())
        return name

    def without_surrogates(self, record: dict) -> str:
        text, count = LONE_SURROGATE.subn('\ufffd', record['text'])
        if count:
            self.report.add('lone surrogates (written as U+FFFD)', f'{record["where"]}: {count} characters')
        return text

    def entity(self, entity: Entity, record: dict, where: str) -> Entity | None:
        """The entity, cut at line ends, as far as it can be held."""
        entity, text = super().entity(entity, record, where), record['text']
        place = f'{where}: {entity.label!r:.60} {entity.string(text)!r:.60}'
        if not is_word(entity.label):
            self.report.add('entity with a label that is not one word (left out)', place)
            return None
        fragments = cut_at_breaks(entity.stretches, text)
        if not fragments:
            self.report.add('entity of nothing but line ends (left out)', place)
            return None
        if joined_over_breaks(fragments, text) != entity.stretches:
            self.report.add('line ends at the edge of an entity or alone between its fragments (not kept)', place)
        return entity._replace(start=fragments[0][0], end=fragments[-1][1],
                               fragments=fragments if len(fragments) > 1 else None)

    def holds_relation(self, relation: Relation, places: dict[int, int], where: str) -> bool:
        if not is_word(relation.label):
            self.report.add('relation with a label that is not one word (left out)', where)
            return False
        return super().holds_relation(relation, places, where)


def annotations(record: dict, text: str) -> str:
    """The lines of the .ann file of a text."""
    lines = []
    for number, entity in enumerate(record['entities'], 1):
        spans = ';'.join(f'{start} {end}' for start, end in entity.stretches)
        string = ' '.join(text[start:end] for start, end in entity.stretches)
        lines.append(f'T{number}\t{entity.label} {spans}\t{string}\n')
    for number, relation in enumerate(record['relations'], 1):
        lines.append(f'R{number}\t{relation.label} Arg1:T{relation.head + 1} Arg2:T{relation.tail + 1}\n')
    return ''.join(lines)


def cut_at_breaks(stretches: tuple[Span, ...], text: str) -> tuple[Span, ...]:
    """The parts of stretches between line breaks."""
    parts = []
    for start, end in stretches:
        for match in LINE_BREAK.finditer(text, start, end):
            if start < match.start():
                parts.append((start, match.start()))
            start = match.end()
        if start < end:
            parts.append((start, end))
    return tuple(parts)


def is_word(label: str) -> bool:
    return label.split() == [label] and not LONE_SURROGATE.search(label)


def is_safe(name: str) -> bool:
    """Whether it is a relative path that stays in its folder and that every file system can hold beside others."""
    parts = name.split('/')
    return len(name.encode(errors='replace')) <= 200 and all(
        part.isprintable() and part.strip(' .') == part != '' and not FORBIDDEN.search(part)
        and not DEVICE.fullmatch(part) for part in parts)
