from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
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


def shared_characters(left: Entity, right: Entity) -> int:
    """How many characters both cover."""
    return sum(max(0, min(end, other_end) - max(start, other_start))
               for start, end in left.stretches for other_start, other_end in right.stretches)


def neighbour_finder(entities: Sequence[Entity]) -> Callable[[Entity], list[int]]:
    """What gives, for another entity, the places of all in `entities` that may share a character with it, rising."""
    by_start = sorted(range(len(entities)), key=lambda place: entities[place].start)
    starts = [entities[place].start for place in by_start]
    longest = max((entity.end - entity.start for entity in entities), default=0)
    return lambda other: sorted(by_start[bisect_left(starts, other.start - longest):bisect_left(starts, other.end)])


def joined(fragments: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """(start, end) pairs in the order of the text; those that touch or overlap become one."""
    parts: list[tuple[int, int]] = []
    for start, end in sorted(fragments):
        if parts and start <= parts[-1][1]:
            start, last_end = parts.pop()
            end = max(end, last_end)
        parts.append((start, end))
    return tuple(parts)
