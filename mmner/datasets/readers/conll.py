import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mmner.datasets.conll_tags import OUTSIDE, SCHEMES, Span, Tag, fits_iob1, is_tag, parse_tag, spans_of, tags_of
from mmner.datasets.readers.base import BaseReader, decoded_lines, raw_lines
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.structures.scripts import LETTER, WITHOUT_BLANKS
from mmner.utils import InputError

DOCUMENT_START = '-DOCSTART-'
JOINED = re.compile(rf'.{LETTER}\n{LETTER}.')        # the border between two words of several letters
UNSPACED = re.compile(f'[{WITHOUT_BLANKS}]')
BLANKS = re.compile('[ \t]+')       # str.split() would also cut at U+3000 and its like, which are words of some corpora


@READERS.register_module()
class ConllReader(BaseReader):
    """CoNLL columns: a word and its tag in a line, blank lines or `-DOCSTART-` between sentences.

    The text of a record is its words with `joiner` between them. BIO, IOB1, BIOES, BMES and BILOU are read by one
    rule, that of conlleval: B, S and U begin an entity; S, U, E and L end one; I, M, E and L go on with the entity of
    the same category that stands right before them and is not ended, and begin one where there is none. So every tag
    but O belongs to an entity.

    Counted in `report`: lines without a tag (read as O), empty words (read as one blank), lines that begin with blanks
    and have more columns than those of the sentence that do not (the blanks are dropped; only where the word is the
    first column and no `separator` is given), lines with more or fewer columns than the first, sentences whose words of
    several letters lose the blanks between them, comments that have the columns and the tag of a word, as a hashtag may
    (left out), and an I, M, E or L that begins an entity (kept). Such an I is counted at the end, and only if the file
    as a whole is not IOB1, where I begins an entity and B one right behind another of its category.

    Source: https://aclanthology.org/W03-0419/

    Args:
        separator (str, optional): What stands between columns, of which the last may be empty; None: any run of spaces
            and tabs.
        token_column (int): Column of the word, from 0; negative: from the end.
        tag_column (int | Sequence[int]): Column of the tag. Several, such as (2, 3), are layers of nested entities,
            each read for itself.
        scheme (str, optional): BIO, IOB1, BIOES, BMES or BILOU: an entity whose tags are not those that the scheme
            gives it is counted in `report` and left out, as seqeval's strict mode has it.
        comment (str, optional): A line that begins so is none of the sentence, such as '#' in GermEval 2014.
        joiner (str): '' for text written without blanks, whose units are its characters. Else, such as ' ', the units
            are the words.
        strict (bool): Refuse what would otherwise be repaired and counted in `report`.
    """

    def __init__(self, *, separator: str | None = None, token_column: int = 0, tag_column: int | Sequence[int] = -1,
                 scheme: str | None = None, comment: str | None = None, joiner: str = '', strict: bool = False):
        super().__init__(strict=strict)
        if separator == '':
            raise InputError("ConllReader: separator='' separates nothing; give a string such as '\\t', or None")
        if scheme not in (None, *SCHEMES):
            raise InputError(f'ConllReader: scheme={scheme!r} is unknown; choose one of {", ".join(SCHEMES)}')
        self.separator, self.joiner, self.scheme = separator, joiner, scheme
        self.token_column, self.comment = token_column, comment
        self.tag_columns = [tag_column] if isinstance(tag_column, int) else list(tag_column)
        self.least = 1 + max(map(abs, self.tag_columns), default=1)     # columns of a line with a word and its tags
        self.places: dict[int, list[int | None]] = {}       # of `places_in`, for each width

    def __call__(self, file: str | Path) -> Iterator[dict]:
        width, of_word, any_tag, is_iob1, begun_by_i, comments = 0, 0, False, True, [], []
        for block in blocks(file, self.comment, comments):
            places = [f'{file}:{number}' for number, _ in block]
            rows = [self.columns(line) for _, line in block]
            of_word = max((len(columns) for columns in rows if columns[0]), default=of_word)
            usual = max(of_word or len(rows[0]) - 1, self.least)
            rows = [self.unindented(columns, usual, place) for columns, place in zip(rows, places, strict=True)]
            width = width or len(rows[0])
            words, *layers = zip(*(self.row(columns, width, place) for columns, place
                                   in zip(rows, places, strict=True)), strict=True)
            spans = [self.spans(tags, places) for tags in layers]
            any_tag = any_tag or any(any(self.cells(columns, '')[1:]) for columns in rows)
            is_iob1 = is_iob1 and all(map(fits_iob1, layers, spans))
            for tags, found in zip(layers, spans, strict=True):
                begun_by_i += self.misplaced(tags, found, places)
            record = self.record(words, [span for found in spans for span in found], block[0][0])
            text = record['text']
            if not self.joiner and not UNSPACED.search(text) and JOINED.search('\n'.join(words)):
                self.report.add("words joined without a blank (give joiner=' ')", f'{places[0]}: {text!r:.60}')
            yield record
        if not any_tag:
            raise InputError(f'{file}: no line has a tag; check `separator`, `token_column` and `tag_column`')
        for where in () if is_iob1 else begun_by_i:
            self.report.add('I- that begins an entity (kept)', where)
        for number, line in comments:
            columns = self.columns(line)
            if len(columns) == width and all(map(is_tag, self.cells(columns, '')[1:])):
                self.report.add('comment with the tag of a word (left out)', f'{file}:{number}: {line!r:.60}')

    def columns(self, line: str) -> list[str]:
        if self.separator is None:
            return BLANKS.split(line.rstrip(' \t'))
        return line.rstrip(' \t'.replace(self.separator, '')).split(self.separator)

    def unindented(self, columns: list[str], usual: int, where: str) -> list[str]:
        """Without a first column that blanks in front of the word have made.

        In a line with no more columns than are usual, an empty first column is an empty word.
        """
        if columns[0] or len(columns) <= usual or self.separator is not None or self.token_column != 0:
            return columns
        self.report.add('line that begins with blanks (they are dropped)', where)
        return columns[1:]

    def cells(self, columns: list[str], where: str) -> list[str]:
        """The word and the tags of a line; '' for a tag that it does not have."""
        width = len(columns)
        if width not in self.places:
            self.places[width] = self.places_in(width)
        word, *tags = self.places[width]
        if word is None:
            raise InputError(f'{where}: {width} columns, but token_column={self.token_column} counts from 0; correct '
                             'the line, or `token_column` and `separator` of the reader')
        return [columns[word], *('' if tag is None else columns[tag] for tag in tags)]

    def places_in(self, width: int) -> list[int | None]:
        """Where the word and the tags stand in a line of so many columns; None: nowhere."""
        word, *tags = (column % width if -width <= column < width else None
                       for column in (self.token_column, *self.tag_columns))
        return [word, *(None if tag == word else tag for tag in tags)]

    def row(self, columns: list[str], width: int, where: str) -> list:
        """The word and the tags of a line, repaired.

        Raises:
            InputError: A tag is none, or a carriage return stands elsewhere than in the word: lines that end with it
                alone would be columns of one line.
        """
        word, *tags = self.cells(columns, where)
        if ''.join(columns).count('\r') > word.count('\r'):
            raise InputError(f'{where}: a carriage return outside of the word; if lines end with it alone, convert '
                             'them, e.g. with `tr "\\r" "\\n"`, else delete it')
        if not all(tags):
            self.report.add('line without a tag (read as O)', f'{where}: {word!r:.60}')
        elif len(columns) != width:
            self.report.add('line with another number of columns than the first',
                            f'{where}: {len(columns)}, not {width}')
        if not word:
            self.report.add('empty word (read as one blank)', where)
        return [word or ' ', *(OUTSIDE if tag in ('O', '') else parse_tag(tag, where) for tag in tags)]

    def spans(self, tags: tuple[Tag, ...], places: list[str]) -> list[Span]:
        """The entities of a sentence in one column of tags, in order."""
        spans = spans_of(tags)
        if self.scheme is None:
            return spans
        wanted, kept = tags_of(spans, len(tags), self.scheme), []
        for category, first, end in spans:
            if [f'{prefix}-{category}' for prefix, _ in tags[first:end]] == wanted[first:end]:
                kept.append((category, first, end))
            else:
                self.report.add(f'entity not tagged as {self.scheme} does (left out)',
                                f'{places[first]}: {category!r:.60}')
        return kept

    def misplaced(self, tags: tuple[Tag, ...], spans: list[Span], places: list[str]) -> list[str]:
        """Count the entities that begin with M, E or L; return the places of those that begin with I."""
        begun_by_i = []
        for _, first, _ in spans:
            prefix = tags[first][0]
            if prefix in 'MEL':
                self.report.add(f'{prefix}- that begins an entity (kept)', places[first])
            elif prefix == 'I':
                begun_by_i.append(places[first])
        return begun_by_i

    def record(self, words: tuple[str, ...], spans: list[Span], line: int) -> dict:
        """Join the words and turn spans of words into entities."""
        lengths = np.array([len(word) for word in words], np.int64)
        ends = np.cumsum(lengths + len(self.joiner)) - len(self.joiner)
        starts = ends - lengths
        entities = [Entity(category, starts.item(first), ends.item(end - 1)) for category, first, end in spans]
        record = dict(text=self.joiner.join(words), entities=entities, line=line)
        return record | dict(unit_offsets=np.stack([starts, ends], axis=1)) if self.joiner else record


def blocks(file: str | Path, comment: str | None,
           comments: list[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Yield the (number from 1, line) of the lines of each sentence; what begins with `comment` goes to `comments`."""
    found, block = False, []
    for number, line in decoded_lines(raw_lines(file), file):
        if comment and line.startswith(comment):
            comments.append((number, line))
        elif not breaks_sentence(line):
            block.append((number, line))
        elif block:
            found = True
            yield block
            block = []
    if block:
        yield block
    elif not found:
        raise InputError(f'{file}: the file is empty; it needs at least one annotated text')


def breaks_sentence(line: str) -> bool:
    """Is the line blank, or the beginning of a document?"""
    return not line or line.isspace() or line.startswith(DOCUMENT_START)
