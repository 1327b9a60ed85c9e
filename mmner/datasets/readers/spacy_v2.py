import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mmner.datasets.conll_tags import OUTSIDE, Span, Tag, spans_of
from mmner.datasets.readers.base import BaseReader
from mmner.datasets.readers.json_file import json_file
from mmner.datasets.readers.json_values import checked_id, objects
from mmner.registry import READERS
from mmner.structures import Entity
from mmner.utils import InputError

TAG = re.compile('([BILU])-(.+)', re.DOTALL)
BLANKS = re.compile(r'\s*')
UNKNOWN = (None, '', '-')


@READERS.register_module()
class SpacyV2Reader(BaseReader):
    """spaCy 2's training data, `[{"id", "paragraphs": [{"raw", "sentences": [{"tokens": [{"orth", "ner"}]}]}]}]`.

    A paragraph is a record, its tokens are the units, except for those of blanks alone. Without "raw" the text is the
    tokens, each with its "space" behind it or, where it has none, one blank. The tags are BILUO; sequences that are not
    right are read as `ConllReader` does.

    Counted in `report`: paragraphs without a tag, which are texts without gold; in others, tokens whose tag is missing
    or "-", for unknown, which are read as O; entities whose tags are neither U nor B, I ..., L; and entities of blanks
    alone, which are dropped.

    Source: https://spacy.io/api/data-formats#json-input
    """

    def __call__(self, file: str | Path) -> Iterator[dict]:
        for record in json_file(file):
            where, document = f'{file}:{record.line}', record.value
            if not isinstance(document, dict) or 'paragraphs' not in document:
                raise InputError(f'{where}: expected an object {{"id", "paragraphs": [...]}}, found {document!r:.60}')
            paragraphs = objects(document, 'paragraphs', where)
            for number, paragraph in enumerate(paragraphs, 1):
                place = where if len(paragraphs) == 1 else f'{where}: paragraph {number}'
                yield self.record(paragraph, place) | dict(line=record.line) | new_id(
                    document, number, len(paragraphs), where)

    def record(self, paragraph: dict, where: str) -> dict:
        """Text, units and entities of a paragraph."""
        tokens = [token for sentence in objects(paragraph, 'sentences', where)
                  for token in objects(sentence, 'tokens', where)]
        for token in tokens:
            if not isinstance(token.get('orth'), str) or not isinstance(token.get('space'), (str, type(None))):
                raise InputError(f'{where}: a token needs a string "orth" and may have a string "space", found '
                                 f'{token!r:.80}')
        text, offsets = text_and_offsets(paragraph, tokens, where)
        is_word = [bool(token['orth'].strip()) for token in tokens]
        units = np.array([span for span, keep in zip(offsets, is_word, strict=True) if keep], np.int64).reshape(-1, 2)
        entities = list(self.entities(self.spans(tokens, where), offsets, is_word, where))
        return dict(text=text, entities=entities) | (dict(unit_offsets=units) if tokens or not text.strip() else {})

    def spans(self, tokens: Sequence[dict], where: str) -> list[Span]:
        """Category, first and end token of the entities."""
        if all(token.get('ner') in UNKNOWN for token in tokens):
            self.report.add('paragraph without a tag (a text without gold)', where)
            return []
        tags = [self.tag(token, where) for token in tokens]
        spans = spans_of(tuple(tags))
        for category, first, end in spans:
            if not re.fullmatch('U|BI*L', ''.join(prefix for prefix, _ in tags[first:end])):
                self.report.add('entity with tags other than U or B, I ..., L (kept)',
                                f'{where}: {category!r:.60} {tokens[first]["orth"]!r:.60}')
        return spans

    def tag(self, token: dict, where: str) -> Tag:
        """The tag of a token; one that is not known is O."""
        tag = token.get('ner')
        if tag in UNKNOWN:
            self.report.add('token without a known tag (read as O)', f'{where}: {token["orth"]!r:.60}')
        if tag in (*UNKNOWN, 'O'):
            return OUTSIDE
        match = TAG.fullmatch(tag) if isinstance(tag, str) else None
        if not match:
            raise InputError(f'{where}: the tag {tag!r:.60} of {token["orth"]!r:.60} is neither O, "-" nor one of '
                             'B I L U, "-" and a category; correct the token')
        return match.groups()

    def entities(self, spans: Sequence[Span], offsets: Sequence[tuple[int, int]],
                 is_word: Sequence[bool], where: str) -> Iterator[Entity]:
        """Entities from the first to the last word of each span."""
        for category, first, end in spans:
            words = [place for place in range(first, end) if is_word[place]]
            if words:
                yield Entity(category, offsets[words[0]][0], offsets[words[-1]][1])
            else:
                self.report.add('entity of blanks alone (dropped)', f'{where}: {category!r:.60}')


def text_and_offsets(paragraph: dict, tokens: Sequence[dict], where: str) -> tuple[str, list[tuple[int, int]]]:
    """The text of a paragraph and the (start, end) of its tokens."""
    raw, words = paragraph.get('raw'), [token['orth'] for token in tokens]
    if raw is None:
        pieces = [(token['orth'], ' ' if token.get('space') is None else token['space']) for token in tokens]
        ends = np.cumsum([len(word) + len(space) for word, space in pieces]).tolist()
        starts = [0, *ends]
        return ''.join(map(''.join, pieces)).removesuffix(' '), [
            (start, start + len(word)) for start, word in zip(starts, words, strict=False)]
    if isinstance(raw, str):
        return raw, aligned(raw, words, where)
    raise InputError(f'{where}: "raw" must be a string, found {raw!r:.60}')


def aligned(raw: str, words: Sequence[str], where: str) -> list[tuple[int, int]]:
    """(start, end) of words that make up a text but for its blanks. A word of blanks alone is empty."""
    place, offsets = 0, []
    for word in words:
        word = '' if word.isspace() else word
        start = place if raw.startswith(word, place) else BLANKS.match(raw, place).end()
        if not raw.startswith(word, start):
            raise InputError(f'{where}: the token {word!r:.60} is not what "raw" goes on with, '
                             f'{raw[start:start + 20]!r}; correct either, or delete "raw"')
        place = start + len(word)
        offsets.append((start, place))
    if words and raw[place:].strip():
        raise InputError(f'{where}: "raw" goes on behind the last token, {raw[place:place + 20]!r}; correct either, or '
                         'delete "raw"')
    return offsets


def new_id(document: dict, number: int, count: int, where: str) -> dict:
    """The id of a paragraph, that of the document where there is but one."""
    id_ = checked_id(document, where)
    if id_ is None:
        return {}
    return dict(id=id_ if count == 1 else f'{id_}-{number}')
