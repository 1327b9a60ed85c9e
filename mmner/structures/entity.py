from typing import NamedTuple


class Entity(NamedTuple):
    """A labelled stretch of text.

    Attributes:
        label (str): The category.
        start (int): Offset of the first character in the original Python string.
        end (int): Offset behind the last character.
        score (float, optional): Confidence in [0, 1] of a predicted entity; None for gold.
    """
    label: str
    start: int
    end: int
    score: float | None = None

    @property
    def span(self) -> tuple[str, int, int]:
        """What makes two entities the same: label, start and end, without the score."""
        return self[:3]
