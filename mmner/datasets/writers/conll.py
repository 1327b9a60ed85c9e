from collections.abc import Iterator
from typing import TextIO

import numpy as np

from mmner.datasets.conll_tags import SCHEMES, Span, tags_of
from mmner.datasets.readers.base import BYTE_ORDER_MARK
from mmner.datasets.readers.conll import DOCUMENT_START
from mmner.datasets.writers.base import BaseWriter
from mmner.registry import WRITERS
from mmner.structures.tag_schemes.overlaps import without_overlaps
from mmner.structures.units import entities_to_unit_spans
from mmner.tokenizers.base import LONE_SURROGATE
from mmner.utils import InputError

NO_COLUMN = str.maketrans('\t\n', '  ')         # what would end a column or a line


@WRITERS.register_module()
class ConllWriter(BaseWriter):
    """CoNLL columns: a word, a tab and its tag in a line, and an empty line behind each sentence.

    The words are the units of a text that comes in words, else its characters or, with `joiner=' '`, what stands
    between its blanks. `ConllReader(separator='\\t', joiner=...)` with the same joiner gives the records again.

    Counted in `report`: entities that do not begin and end with words and, of those that overlap, the shorter that find
    no layer, which are left out; characters outside of the words, likewise; blanks between words that are not `joiner`,
    which become it; a tab or line end in a word, which becomes a blank; texts without words, and their entities, which
    are left out.

    Source: https://aclanthology.org/W03-0419/

    Args:
        scheme (str): BIO, IOB1, BIOES, BMES or BILOU.
        joiner (str): '' for text written without blanks, ' ' for words.
        layers (int): How many columns of tags there are: the second holds what is nested in the first.
        strict (bool): Refuse a record of which something would be left out.
    """
    holds = frozenset({'units'})

    def __init__(self, *, scheme: str = 'BIO', joiner: str = '', layers: int = 1, strict: bool = False):
        super().__init__(strict=strict)
        if scheme not in SCHEMES or layers < 1:
            raise InputError(f'ConllWriter: scheme={scheme!r}, layers={layers}; the first is one of '
                             f'{", ".join(SCHEMES)}, the other 1 or more')
        self.scheme, self.joiner, self.layers = scheme, joiner, layers

    def write(self, records: Iterator[dict], sink: TextIO) -> None:
        for record in records:
            offsets = self.words(record)
            if not len(offsets):
                self.report.add('text without a word (left out)', record['where'])
                for entity in record['entities']:
                    self.report.add('entity of a text without a word (left out)',
                                    f'{record["where"]}: {entity.label!r:.60}')
                continue
            columns = [tags_of(spans, len(offsets), self.scheme) for spans in self.layered(record, offsets)]
            words = [self.word(record['text'][start:end], record['where']) for start, end in offsets.tolist()]
            if words[0].startswith(BYTE_ORDER_MARK):
                sink.write('\n')           # at the very beginning of a file it would not be read as text
            sink.writelines('\t'.join(row) + '\n' for row in zip(words, *columns, strict=True))
            sink.write('\n')

    def words(self, record: dict) -> np.ndarray:
        """(U, 2) offsets of the words."""
        text = record['text']
        if 'unit_offsets' in record:
            offsets = np.array(record['unit_offsets'])
        elif self.joiner:
            offsets = between(text, self.joiner)
        else:
            return np.arange(len(text))[:, None] + [0, 1]
        if text != self.joiner.join(text[start:end] for start, end in offsets.tolist()):
            if left := outside(text, offsets):
                self.report.add('characters outside of the words (left out)', f'{record["where"]}: {left!r:.60}')
            self.report.add(f'blanks between words that are not {self.joiner!r} (changed to it)',
                            f'{record["where"]}: {text!r:.60}')
        return offsets

    def layered(self, record: dict, offsets: np.ndarray) -> list[list[Span]]:
        """The spans, in words, of each layer; within one, none overlap."""
        left, layers = self.spans(record, offsets), []
        for _ in range(self.layers):
            keep = without_overlaps(np.array([(0, first, end) for _, first, end in left]).reshape(-1, 3))
            layers.append([span for span, kept in zip(left, keep, strict=True) if kept])
            left = [span for span, kept in zip(left, keep, strict=True) if not kept]
        for label, first, end in left:
            string = record['text'][offsets[first, 0]:offsets[end - 1, 1]]
            self.report.add('entity that overlaps a longer one (left out)',
                            f'{record["where"]}: {label!r:.60} {string!r:.60}')
        return layers

    def spans(self, record: dict, offsets: np.ndarray) -> list[Span]:
        """The entities in words; those that are not whole words are counted."""
        for label, *_ in record['entities']:
            require_tag(label, record['where'])
        spans, inexact, unseen = entities_to_unit_spans(record['entities'], offsets, len(offsets))
        for label, start, end, *_ in (*inexact, *unseen):
            self.report.add('entity that does not begin and end with a word (left out)',
                            f'{record["where"]}: {label!r:.60} {record["text"][start:end]!r:.60}')
        if not inexact:
            return spans
        exact = [entity for entity in record['entities'] if entity not in inexact]
        return entities_to_unit_spans(exact, offsets, len(offsets))[0]

    def word(self, word: str, where: str) -> str:
        if word.startswith(DOCUMENT_START) or LONE_SURROGATE.search(word):
            raise InputError(f'{where}: the word {word!r:.60} cannot stand in CoNLL columns ({DOCUMENT_START} begins a '
                             'document, a lone surrogate is no character); write another format, or correct the text')
        if '\t' in word or '\n' in word:
            self.report.add('tab or line end in a word (written as a blank)', f'{where}: {word!r:.60}')
            return word.translate(NO_COLUMN)
        return word


def require_tag(label: str, where: str) -> None:
    """Refuse a label that would be read as something else behind `B-`; the message begins with `where`."""
    if not label or label != label.strip() or {*'\t\n\r'} & {*label} or LONE_SURROGATE.search(label):
        raise InputError(f'{where}: the label {label!r:.60} cannot stand in CoNLL columns; write another format, or '
                         'rename it')


def outside(text: str, offsets: np.ndarray) -> str:
    """The characters of a text, but for blanks, that stand in none of its words."""
    ends = [0, *offsets[:, 1].tolist()]
    gaps = zip(ends, [*offsets[:, 0].tolist(), len(text)], strict=True)
    return ''.join(''.join(text[start:end].split()) for start, end in gaps)


def between(text: str, blank: str) -> np.ndarray:
    """(U, 2) offsets of what stands between the blanks of a text."""
    words = [word for word in text.split(blank) if word and not word.isspace()]
    ends = np.zeros(len(words), np.int64)
    end = 0
    for number, word in enumerate(words):
        end = text.index(word, end) + len(word)
        ends[number] = end
    return np.stack([ends - [len(word) for word in words], ends], axis=1)
