"""From offsets of the text to units and back."""
from collections.abc import Sequence

import numpy as np

from mmner.structures.entity import Entity, joined

Stretches = tuple[tuple[int, int], ...]          # (first unit, end unit) of each part of an entity without a gap


def entities_to_unit_spans(entities: Sequence[Entity], unit_offsets: np.ndarray | None, num_units: int):
    """Express entities in units.

    Args:
        entities: Gold in offsets of the text.
        unit_offsets: (U, 2) offsets of all units of the text; None when every character is a unit.
        num_units: How many of them the model sees; fewer than U when the text was cut.

    Returns:
        tuple: `spans`, a list of (label, first unit, end unit) of the entities that overlap a unit, widened to whole
        units, with the fragments ((first unit, end unit), ...) behind them where there are some; `inexact`, those among
        the entities whose borders are not unit borders; `unseen`, those of which a stretch lies on no unit, or on one
        that the model does not see.
    """
    if unit_offsets is None:        # offsets are units
        seen, unseen = [], []
        for entity in entities:
            (seen if entity.start < entity.end <= num_units else unseen).append(entity)
        return [entity.span for entity in seen], [], unseen
    spans, inexact, unseen = [], [], []
    for entity in entities:
        stretches = [covered_units(*stretch, unit_offsets, num_units) for stretch in entity.stretches]
        if not all(stretches):
            unseen.append(entity)
            continue
        units = joined(stretches)
        if tuple((unit_offsets[first, 0], unit_offsets[end - 1, 1]) for first, end in units) != entity.stretches:
            inexact.append(entity)
        spans.append((entity.label, units[0][0], units[-1][1], *([units] if len(units) > 1 else [])))
    return spans, inexact, unseen


def covered_units(start: int, end: int, unit_offsets: np.ndarray, num_units: int) -> tuple[int, int] | None:
    """(first unit, end unit) of those that [start, end) overlaps; None: there is none, or the model sees not all."""
    starts, ends = unit_offsets[:, 0], unit_offsets[:, 1]
    first, end_unit = int(np.searchsorted(ends, start, side='right')), int(np.searchsorted(starts, end, side='left'))
    return (first, end_unit) if first < end_unit <= num_units else None


def unit_spans_to_entities(spans: np.ndarray, categories: Sequence[str], scores: np.ndarray,
                           unit_offsets: np.ndarray | None) -> list[Entity]:
    """Turn the (E, 3) rows (category index, first unit, end unit) of one sample into entities with (E,) scores."""
    if unit_offsets is None:
        starts, ends = spans[:, 1], spans[:, 2]
    else:
        starts, ends = unit_offsets[spans[:, 1], 0], unit_offsets[spans[:, 2] - 1, 1]
    return [Entity(categories[category], start, end, score) for category, start, end, score
            in zip(spans[:, 0].tolist(), starts.tolist(), ends.tolist(), scores.tolist(), strict=True)]


def stretches_of(unit_span: tuple) -> Stretches:
    """All stretches of a unit span, of a continuous one the one."""
    return unit_span[3] if len(unit_span) > 3 else (unit_span[1:3],)


def stretches_to_entity(label: str, stretches: Stretches, score: float | None,
                        unit_offsets: np.ndarray | None) -> Entity:
    """The entity of one or more stretches of one sample; discontinuous where there are more."""
    if unit_offsets is not None:
        stretches = tuple((int(unit_offsets[first, 0]), int(unit_offsets[end - 1, 1])) for first, end in stretches)
    return Entity(label, stretches[0][0], stretches[-1][1], score, stretches if len(stretches) > 1 else None)
