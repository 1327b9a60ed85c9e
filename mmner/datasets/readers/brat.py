import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mmner.datasets.readers.base import BYTE_ORDER_MARK, BaseReader, decoded_lines, raw_lines, read_whole
from mmner.registry import READERS
from mmner.structures import Entity, Relation
from mmner.structures.entity import joined
from mmner.utils import InputError

LINE_BREAK = re.compile('[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]')     # what brat or another program ends a line at
MENTION = re.compile('([^ ]+) ([0-9]{1,15} [0-9]{1,15}(?:;[0-9]{1,15} [0-9]{1,15})*) *')
RELATION = re.compile(r'(\S+) +([^\s:]+):(\S+) +([^\s:]+):(\S+)\s*')
NOT_HELD = {'E': 'event', 'A': 'attribute', 'M': 'modification', 'N': 'normalization', '#': 'note', '*': 'equivalence'}
Span = tuple[int, int]


class Mention(NamedTuple):
    """A T line: where it stands, its fragments in its order, its text, None where it has none."""
    where: str
    identifier: str
    label: str
    fragments: tuple[Span, ...]
    string: str | None


@READERS.register_module()
class BratReader(BaseReader):
    """brat standoff: a document in a .txt, its annotations in the .ann beside it.

    Given one of the two, its document is the one record; given a folder, the .txt files in it and below it are, sorted
    by path, in which 2 comes before 10. `id` is the path without suffix, `line` the number of the document. A record's
    entities are the T lines, triggers of events among them, its relations the R lines from Arg1 to Arg2.

    Offsets count every character of the .txt, a byte order mark and both of CR LF. Some versions of brat and other
    programs count these otherwise; of all ways to read a .txt that has them, the first is taken by which most strings
    of the .ann stand at their spans. Fragments with nothing but blanks and a line end or a tab between them are one
    stretch: brat cuts spans there.

    Counted in `report`: the lines that a record cannot hold, each kind for itself; a .txt without an .ann, which is a
    text without gold, an .ann without a .txt, and one of either in capitals; another reading of the .txt than
    character by character; strings that differ from the text at their span, which is kept; fragments that touch,
    overlap or are out of order, which are joined and sorted; relations with other arguments than Arg1 and Arg2, the
    first of which is the head; relations of what is no T line, which are dropped.

    Source: https://brat.nlplab.org/standoff.html
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        for number, (name, text_file) in enumerate(self.documents(Path(file)), 1):
            yield dict(id=name, **self.document(text_file), line=number)

    def files_of(self, file: str | Path) -> list[Path]:
        text_files = [text_file for _, text_file in self.documents(Path(file))]
        return [*text_files, *(text_file.with_suffix('.ann') for text_file in text_files)]

    def documents(self, file: Path) -> list[tuple[str, Path]]:
        """The id and the .txt of every document."""
        if not file.is_dir():
            text_file = file.with_suffix('.txt') if file.suffix == '.ann' else file
            return [(text_file.stem, text_file)]
        files = list(files_below(file))
        text_files = sorted((path for path in files if path.suffix == '.txt'), key=by_numbers)
        if not text_files:
            raise InputError(f'{file}: no .txt file in this folder or below; brat keeps a document in a .txt and its '
                             'annotations in the .ann beside it')
        known = {path.with_suffix('.ann') for path in text_files}
        for path in sorted({*files}.difference(known, text_files)):
            if path.suffix == '.ann':
                self.report.add('.ann without a .txt (left out)', str(path))
            elif path.suffix.lower() in ('.txt', '.ann'):
                self.report.add('.txt or .ann in other than lower case (left out)', str(path))
        return [(path.relative_to(file).with_suffix('').as_posix(), path) for path in text_files]

    def document(self, text_file: Path) -> dict:
        """Text, entities and relations of a document."""
        text, file = read_whole(text_file, keep_mark=True), text_file.with_suffix('.ann')
        if not file.is_file():
            self.report.add('.txt without an .ann (a text without gold)', str(text_file))
            return dict(text=text, entities=[], relations=[])
        mentions, relation_lines, places = [], [], {}
        for where, kind, line in self.annotation_lines(file):
            if kind == 'R':
                relation_lines.append((where, line))
                continue
            mention = parse_mention(where, line)
            if mention.identifier in places:
                raise InputError(f'{where}: the id {mention.identifier!r:.60} stands twice; give this line another')
            places[mention.identifier] = len(mentions)
            mentions.append(mention)
        text = self.reading(text, mentions, text_file)
        entities = [self.entity(mention, text) for mention in mentions]
        relations = [self.relation(where, line, places) for where, line in relation_lines]
        return dict(text=text, entities=entities, relations=[relation for relation in relations if relation])

    def annotation_lines(self, file: Path) -> Iterator[tuple[str, str, str]]:
        """Yield (place, 'T' or 'R', line); the other kinds are counted."""
        for number, line in decoded_lines(raw_lines(file), file):
            where, kind = f'{file}:{number}', line[:1]
            if kind in ('T', 'R'):
                yield where, kind, line
            elif kind in NOT_HELD:
                self.report.add(f'{NOT_HELD[kind]} (left out)', f'{where}: {line!r:.60}')
            elif line and not line.isspace():
                raise InputError(f'{where}: {line!r:.60} is no line of brat; one begins with an id, such as T1, R1 or '
                                 'E1, and a tab')

    def reading(self, text: str, mentions: list[Mention], text_file: Path) -> str:
        """The text with the characters that the offsets count."""
        if not text.startswith(BYTE_ORDER_MARK) and '\r\n' not in text:
            return text
        readings = [text, text.replace('\r\n', '\n')]
        readings += [reading.removeprefix(BYTE_ORDER_MARK) for reading in readings]
        best = max(readings, key=lambda reading: sum(stands(mention, reading) for mention in mentions))
        if best != text:
            self.report.add('offsets that count no byte order mark or CR LF as one character (the text is read so)',
                            str(text_file))
        return best

    def entity(self, mention: Mention, text: str) -> Entity:
        where, _, label, given, string = mention
        if not all(0 <= start < end <= len(text) for start, end in given):
            raise InputError(f'{where}: {label!r:.60} at {given!r:.80} does not fit a text of {len(text)} characters; '
                             'offsets begin with 0 and ends are exclusive')
        if string is not None and not stands(mention, text):
            self.report.add('string differs from the text at its span (the span is kept)',
                            f'{where}: {string!r:.60} / {" ".join(text[start:end] for start, end in given)!r:.60}')
        fragments = joined(given)
        if fragments != given:
            self.report.add('fragments that touch, overlap or are out of order (joined)', f'{where}: {given!r:.60}')
        fragments = joined_over_breaks(fragments, text)
        return Entity(label, fragments[0][0], fragments[-1][1], fragments=fragments if len(fragments) > 1 else None)

    def relation(self, where: str, line: str, places: dict[str, int]) -> Relation | None:
        """The relation of an R line; None where an end of it is no entity."""
        match = RELATION.fullmatch(line.partition('\t')[2])
        if match is None:
            raise InputError(f'{where}: {line!r:.80} is no relation; one is "R1<tab>label Arg1:T1 Arg2:T2"')
        label, name, head, other_name, tail = match.groups()
        if (name, other_name) == ('Arg2', 'Arg1'):
            head, tail = tail, head
        elif (name, other_name) != ('Arg1', 'Arg2'):
            self.report.add('arguments of a relation other than Arg1 and Arg2 (their names are left out)',
                            f'{where}: {line!r:.60}')
        if head in places and tail in places:
            return Relation(label, places[head], places[tail])
        self.report.add('relation of an event or of an id that is not there (left out)', f'{where}: {line!r:.60}')
        return None


def files_below(folder: Path) -> Iterator[Path]:
    """The files in a folder and below it, also below links to folders, each folder once.

    Raises:
        InputError: One cannot be read.
    """
    def refuse(error: OSError):
        raise InputError(f'{error.filename}: {error.strerror}; make it readable, or remove it') from error

    seen = set()
    for path, folders, names in os.walk(folder, onerror=refuse, followlinks=True):
        if (real := os.path.realpath(path)) in seen:
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(path, name) for name in names)


def by_numbers(path: Path) -> tuple:
    """A key that sorts paths part by part, and numbers in them by their value."""
    parts = [re.split('([0-9]+)', part) for part in path.with_suffix('').parts]
    return [[int(piece) if place % 2 else piece for place, piece in enumerate(part)] for part in parts], path


def parse_mention(where: str, line: str) -> Mention:
    identifier, _, rest = line.partition('\t')
    body, tab, string = rest.partition('\t')
    match = MENTION.fullmatch(body)
    if match is None:
        raise InputError(f'{where}: {line!r:.80} is no entity; one is "T1<tab>label start end<tab>text", with '
                         '"start end;start end" where it is discontinuous; numbers are whole')
    label, spans = match.groups()
    fragments = tuple((int(start), int(end)) for start, end in (span.split(' ') for span in spans.split(';')))
    return Mention(where, identifier, label, fragments, string if tab else None)


def stands(mention: Mention, text: str) -> bool:
    """Whether its string is the text at its fragments, with or without blanks between, with blanks for line ends."""
    if mention.string is None:
        return False
    parts = [LINE_BREAK.sub(' ', text[start:end]) for start, end in mention.fragments]
    return LINE_BREAK.sub(' ', mention.string) in (' '.join(parts), ''.join(parts))


def joined_over_breaks(fragments: tuple[Span, ...], text: str) -> tuple[Span, ...]:
    """Sorted fragments; those with nothing but blanks and a line break between them become one."""
    parts = list(fragments[:1])
    for start, end in fragments[1:]:
        gap = text[parts[-1][1]:start]
        if gap.isspace() and LINE_BREAK.search(gap):
            start, _ = parts.pop()
        parts.append((start, end))
    return tuple(parts)
