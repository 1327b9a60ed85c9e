"""Offsets that count UTF-16 units, as JavaScript does: a character beyond U+FFFF, such as an emoji, is two.

Some programs count the two characters of CR LF as one, too.
"""
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

ASTRAL = re.compile('[\U00010000-\U0010ffff]')
CRLF = re.compile('\r\n')


class Found(NamedTuple):
    """Where a span stands in Python's string, what its offsets are taken to count, and whether that was clear."""
    start: int
    end: int
    unit: str
    is_clear: bool


def in_characters(spans: Sequence[tuple[int, int]], strings: Sequence[str | None], text: str) -> list[Found]:
    """Turn (start, end) pairs that another program has counted into offsets of Python's string.

    Programs differ behind a character beyond U+FFFF, such as an emoji, and behind CR LF. The string that one has
    written beside a span tells how it counts: a way fits if it puts that string at its place in the text. A span is
    read in the way that fits it. If none or several fit, or it has no string, it is read in the way that fits most
    spans of the text, and else in characters. It is not clear where several fit and the others do not decide.

    Args:
        spans (Sequence[tuple[int, int]]): Half-open; they may lie outside the text.
        strings (Sequence[str | None]): What each span is said to hold; None: nothing is said.
        text (str): The text that the spans belong to.
    """
    ways = ways_to_count(text)
    if len(ways) == 1:
        return [Found(*span, *ways, True) for span in spans]
    shifted = {unit: [tuple(places[place] if 0 <= place < len(places) else place for place in span) for span in spans]
               for unit, places in ways.items()}
    fits = {unit: [fit(string, span, text) for string, span in zip(strings, column, strict=True)]
            for unit, column in shifted.items()}
    totals = {unit: sum(column) for unit, column in fits.items()}
    units, found = sorted(ways, key=totals.get, reverse=True), []        # the first of equals stays the first
    for number in range(len(spans)):
        own = {unit: fits[unit][number] for unit in units}
        best = max(units, key=own.get)
        rivals = {shifted[unit][number] for unit in units
                  if own[unit] == own[best] > 0 and totals[unit] == totals[best]}
        found.append(Found(*shifted[best][number], best, len(rivals) < 2))
    return found


def ways_to_count(text: str) -> dict[str, Sequence[int]]:
    """For each unit that offsets may count, the character at every offset."""
    ways = {'characters': range(len(text) + 1)}
    if ASTRAL.search(text):
        ways['UTF-16 units'] = characters_of_units(text)
    within = {match.start() + 1 for match in CRLF.finditer(text)}
    if within:
        ways |= {f'{unit} with CR LF as one': [place for place in places if place not in within]
                 for unit, places in ways.items()}
    return ways


def characters_of_units(text: str) -> list[int]:
    """For each UTF-16 unit, the character that it is a part of, and last the length of the text."""
    characters = []
    for place, character in enumerate(text):
        characters += [place] if character <= '\uffff' else [place, place]
    return [*characters, len(text)]


def fit(string: str | None, span: tuple[int, int], text: str) -> int:
    """Does the text hold the string at the span? 2: exactly; 1: but for blanks; 0: no, or nothing is said."""
    start, end = span
    if string is None or not 0 <= start < end <= len(text):
        return 0
    return 2 if string == text[start:end] else int(is_same(string, text[start:end]))


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
