"""Offsets that count UTF-16 units, as JavaScript does: a character beyond U+FFFF, such as an emoji, is two."""
import re
from collections.abc import Sequence
from itertools import accumulate
from operator import gt

ASTRAL = re.compile('[\U00010000-\U0010ffff]')


def in_characters(spans: Sequence[tuple[int, int]], strings: Sequence[str | None], text: str) -> list[tuple[int, int]]:
    """Turn (start, end) pairs that JavaScript has counted, in UTF-16 units, into offsets of Python's string.

    The two differ behind a character beyond U+FFFF, such as an emoji. The string that a tool has written beside a span
    tells which it is: the one at whose place in the text it stands. Where neither or both fit, and where there is no
    string, the other spans of the text decide, and else nothing changes.

    Args:
        spans (Sequence[tuple[int, int]]): Half-open; they may lie outside the text.
        strings (Sequence[str | None]): What each span is said to hold; None: nothing is said.
        text (str): The text that the spans belong to.
    """
    fits = [stands_at(string, span, text) for string, span in zip(strings, spans, strict=True)]
    if all(fits) or not ASTRAL.search(text):
        return list(spans)
    characters = characters_of_units(text)
    shifted = [tuple(characters[place] if 0 <= place < len(characters) else place for place in span) for span in spans]
    fits_shifted = [stands_at(string, span, text) for string, span in zip(strings, shifted, strict=True)]
    others_are_shifted = any(map(gt, fits_shifted, fits)) and not any(map(gt, fits, fits_shifted))
    return [new if fits_new > fits_old or (fits_new == fits_old and others_are_shifted) else old
            for old, new, fits_old, fits_new in zip(spans, shifted, fits, fits_shifted, strict=True)]


def characters_of_units(text: str) -> list[int]:
    """For each UTF-16 unit, the character that it is a part of, and last the length of the text."""
    characters = []
    for place, character in enumerate(text):
        characters += [place] if character <= '\uffff' else [place, place]
    return [*characters, len(text)]


def stands_at(string: str | None, span: tuple[int, int], text: str) -> bool:
    """Does the text hold the string at the span?"""
    start, end = span
    return string is not None and 0 <= start < end <= len(text) and is_same(string, text[start:end])


def is_same(string: str, stretch: str) -> bool:
    """Are they equal but for blanks, of which browsers make one, and line ends, which some tools write as '\\\\n'?"""
    return string == stretch or squeezed(string) == squeezed(stretch)


def squeezed(string: str) -> str:
    return ' '.join(string.replace('\\n', '\n').split())


def utf16_offsets(text: str) -> Sequence[int]:
    """(len(text) + 1,) the UTF-16 units before each character, and before the end."""
    if not ASTRAL.search(text):
        return range(len(text) + 1)
    return list(accumulate((2 if character > '\uffff' else 1 for character in text), initial=0))
