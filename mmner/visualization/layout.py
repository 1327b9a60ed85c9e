from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmner.structures import Entity
from mmner.utils import InputError


@dataclass(slots=True, eq=False)
class Piece:
    """A stretch of an entity that lies whole inside the pieces around it.

    An entity is one piece, unless it is discontinuous or crosses the end of another one.

    Attributes:
        entity (Entity): What it is a piece of.
        end (int): Where the stretch of the entity ends, in which it lies.
        is_first (bool): The entity begins here.
        is_last (bool): The entity ends here.
        level (int): How many levels of pieces lie inside it.
    """
    entity: Entity
    end: int
    is_first: bool = True
    is_last: bool = True
    level: int = 0

    @property
    def caption(self) -> str:
        """The label, with dots on the sides where the entity goes on."""
        return f'{"" if self.is_first else "…"}{self.entity.label}{"" if self.is_last else "…"}'


Event = tuple[str, str | Piece]


def lay_out(text: str, entities: Sequence[Entity]) -> list[Event]:
    """A text and its entities as a properly nested sequence, for whatever has to be written in brackets or tags.

    Of entities with the same start the longest is outermost. Of two that cross, the one that ends later is cut where
    the other ends. Each stretch of a discontinuous entity is a piece, as if it were one alone.

    Returns:
        In the order of the text: ('open', piece), ('close', piece) and ('text', str). The strings make up the text.

    Raises:
        InputError: An entity is empty or lies outside the text.
    """
    check_offsets(text, entities)
    starting = {}
    for entity in entities:
        for start, end in entity.stretches:
            starting.setdefault(start, []).append(Piece(entity, end, is_first=start == entity.start))
    events, opened, last_border = [], [], 0
    for border in sorted({len(text), *starting, *(piece.end for pieces in starting.values() for piece in pieces)}):
        if last_border < border:
            events.append(('text', text[last_border:border]))
        cut = close_pieces(opened, border, events)
        rest = [Piece(piece.entity, piece.end, is_first=False) for piece in cut]
        open_pieces(opened, [*rest, *starting.get(border, ())], events)
        last_border = border
    return events


def check_offsets(text: str, entities: Iterable[Entity]) -> None:
    for entity in entities:
        if not all(0 <= start < end <= len(text) for start, end in entity.stretches):
            raise InputError(f'entity {entity.label!r} [{entity.start}, {entity.end}) does not fit its text of '
                             f'{len(text)} characters; offsets count characters from 0, an end is exclusive')


def open_pieces(opened: list[Piece], pieces: Iterable[Piece], events: list[Event]) -> None:
    for piece in sorted(pieces, key=lambda piece: -piece.end):
        opened.append(piece)
        events.append(('open', piece))


def close_pieces(opened: list[Piece], border: int, events: list[Event]) -> list[Piece]:
    """Close what ends at the border and, to get at it, what was opened after it; the pieces cut so are returned."""
    cut = []
    while any(piece.end == border for piece in opened):
        piece = opened.pop()
        piece.is_last = piece.entity.end == border
        events.append(('close', piece))
        if opened:
            opened[-1].level = max(opened[-1].level, piece.level + 1)
        if piece.end != border:
            cut.append(piece)
    return cut[::-1]
