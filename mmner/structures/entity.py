from collections.abc import Iterable
from typing import NamedTuple


class Entity(NamedTuple):
    """A labelled stretch of text, or several, as 'aching in' and 'shoulders' in 'aching in legs and shoulders'.

    Attributes:
        label (str): The category.
        start (int): Offset of the first character in the original Python string.
        end (int): Offset behind the last character.
        score (float, optional): Confidence in [0, 1] of a predicted entity; None for gold.
        fragments (tuple[tuple[int, int], ...], optional): Of a discontinuous entity the (start, end) of its two or more
            stretches, as `joined` gives them: the first begins at `start`, the last ends at `end`. None: it is all
            from start to end.
    """
    label: str
    start: int
    end: int
    score: float | None = None
    fragments: tuple[tuple[int, int], ...] | None = None

    @property
    def span(self) -> tuple:
        """What makes two entities the same: label, start, end and, if it is discontinuous, the fragments."""
        return self[:3] if self.fragments is None else (*self[:3], self.fragments)

    @property
    def stretches(self) -> tuple[tuple[int, int], ...]:
        """The (start, end) of all stretches, of a continuous entity the one."""
        return self.fragments or (self[1:3],)

    def string(self, text: str) -> str:
        """What it covers of its text, with ' … ' between the stretches."""
        return ' … '.join(text[start:end] for start, end in self.stretches)


def share_a_character(left: Entity, right: Entity) -> bool:
    return left.start < right.end and right.start < left.end and any(
        start < other_end and other_start < end
        for start, end in left.stretches for other_start, other_end in right.stretches)


def joined(fragments: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """(start, end) pairs in the order of the text; those that touch or overlap become one."""
    parts: list[tuple[int, int]] = []
    for start, end in sorted(fragments):
        if parts and start <= parts[-1][1]:
            start, last_end = parts.pop()
            end = max(end, last_end)
        parts.append((start, end))
    return tuple(parts)
