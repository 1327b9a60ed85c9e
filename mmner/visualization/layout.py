from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mmner.structures import Entity
from mmner.utils import InputError


@dataclass(slots=True, eq=False)
class Piece:
    """A stretch of an entity that lies whole inside the pieces around it.

    An entity is one piece, unless it crosses the end of another one.

    Attributes:
        entity (Entity): What it is a piece of.
        is_first (bool): The entity begins here.
        is_last (bool): The entity ends here.
        level (int): How many levels of pieces lie inside it.
    """
    entity: Entity
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
    the other ends.

    Returns:
        In the order of the text: ('open', piece), ('close', piece) and ('text', str). The strings make up the text.

    Raises:
        InputError: An entity is empty or lies outside the text.
    """
    check_offsets(text, entities)
    starting = {}
    for entity in entities:
        starting.setdefault(entity.start, []).append(entity)
    events, opened, last_border = [], [], 0
    for border in sorted({len(text), *starting, *(entity.end for entity in entities)}):
        if last_border < border:
            events.append(('text', text[last_border:border]))
        cut = close_pieces(opened, border, events)
        begun = [Piece(entity) for entity in starting.get(border, ())]
        open_pieces(opened, [*(Piece(entity, is_first=False) for entity in cut), *begun], events)
        last_border = border
    return events


def check_offsets(text: str, entities: Iterable[Entity]) -> None:
    for entity in entities:
        if not 0 <= entity.start < entity.end <= len(text):
            raise InputError(f'entity {entity.label!r} [{entity.start}, {entity.end}) does not fit its text of '
                             f'{len(text)} characters; offsets count characters from 0, an end is exclusive')


def open_pieces(opened: list[Piece], pieces: Iterable[Piece], events: list[Event]) -> None:
    for piece in sorted(pieces, key=lambda piece: -piece.entity.end):
        opened.append(piece)
        events.append(('open', piece))


def close_pieces(opened: list[Piece], border: int, events: list[Event]) -> list[Entity]:
    """Close what ends at the border and, to get at it, what was opened after it; the entities cut so are returned."""
    cut = []
    while any(piece.entity.end == border for piece in opened):
        piece = opened.pop()
        piece.is_last = piece.entity.end == border
        events.append(('close', piece))
        if opened:
            opened[-1].level = max(opened[-1].level, piece.level + 1)
        if not piece.is_last:
            cut.append(piece.entity)
    return cut[::-1]
