"""Tags of CoNLL columns, as strings, and the entities that they mean."""
import re

from mmner.structures import BILOU, BIO, BIOES, BMES
from mmner.utils import InputError

# First, inside, last and single; in IOB1 an entity right behind another of its category begins with B.
SCHEMES = {scheme.__name__: (scheme.first, scheme.inside, scheme.last, scheme.single)
           for scheme in (BIO, BIOES, BMES, BILOU)} | dict(IOB1='IIII')
TAG = re.compile('([BISMEUL])-(.+)', re.DOTALL)
Tag = tuple[str, str]               # prefix and category
OUTSIDE = ('O', '')
Span = tuple[str, int, int]         # category, first word, end word


def is_tag(cell: str) -> bool:
    return cell == 'O' or bool(TAG.fullmatch(cell))


def parse_tag(tag: str, where: str) -> Tag:
    match = TAG.fullmatch(tag)
    if not match:
        raise InputError(f"{where}: the tag {tag!r:.60} is neither O nor one of B I S M E U L, '-' and a category; "
                         'correct the line, or `tag_column`, `separator` or `comment` of the reader')
    return match.groups()


def spans_of(tags: tuple[Tag, ...]) -> list[Span]:
    """The entities of a sentence by the rule of `ConllReader`, in order."""
    spans, opened = [], None                                # category and first word of the entity that may go on
    for place, (prefix, category) in enumerate((*tags, OUTSIDE)):
        if opened and (prefix in 'OBSU' or category != opened[0]):
            spans.append((*opened, place))
            opened = None
        if prefix != 'O':
            opened = opened or (category, place)
        if prefix in 'SUEL':
            spans.append((*opened, place + 1))
            opened = None
    return spans


def fits_iob1(tags: tuple[Tag, ...], spans: list[Span]) -> bool:
    """Does every entity begin with I or, right behind another of its category, with B?"""
    ends = {(category, end) for category, _, end in spans}
    return all(tags[first][0] == 'I' or (tags[first][0] == 'B' and (category, first) in ends)
               for category, first, _ in spans)


def tags_of(spans: list[Span], num_words: int, scheme: str) -> list[str]:
    """Tags of spans that do not overlap."""
    begin, inside, last, single = SCHEMES[scheme]
    tags, ends = ['O'] * num_words, set()
    for category, first, end in spans:
        tags[first:end] = [f'{inside}-{category}'] * (end - first)
        tags[end - 1] = f'{last}-{category}'
        tags[first] = f'{begin if end > first + 1 else single}-{category}'
        ends.add((category, end))
    if scheme == 'IOB1':
        for category, first, _ in spans:
            if (category, first) in ends:
                tags[first] = f'B-{category}'
    return tags
