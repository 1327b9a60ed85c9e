"""From offsets of the text to units and back."""
from collections.abc import Sequence

import numpy as np

from mmner.structures.entity import Entity


def entities_to_unit_spans(entities: Sequence[Entity], unit_offsets: np.ndarray | None, num_units: int):
    """Express entities in units.

    Args:
        entities: Gold in offsets of the text.
        unit_offsets: (U, 2) offsets of the units; None when every character is a unit.
        num_units: How many units the model sees; fewer than the text has when it was cut.

    Returns:
        tuple: `spans`, a list of (label, first unit, end unit) of the entities that overlap a unit, widened to whole
        units; `inexact`, those among the entities whose borders are not unit borders; `unseen`, those that lie wholly
        or in part behind the last unit, or on no unit at all.
    """
    if unit_offsets is None:        # offsets are units
        seen = [entity for entity in entities if entity.start < entity.end <= num_units]
        return [entity.span for entity in seen], [], [entity for entity in entities if entity not in seen]
    starts, ends = unit_offsets[:, 0], unit_offsets[:, 1]
    last_end = ends[-1] if num_units else 0
    spans, inexact, unseen = [], [], []
    for entity in entities:
        first = int(np.searchsorted(ends, entity.start, side='right'))
        end = int(np.searchsorted(starts, entity.end, side='left'))
        if entity.end > last_end or first >= end:
            unseen.append(entity)
            continue
        if starts[first] != entity.start or ends[end - 1] != entity.end:
            inexact.append(entity)
        spans.append((entity.label, first, end))
    return spans, inexact, unseen


def unit_spans_to_entities(spans: np.ndarray, categories: Sequence[str], scores: np.ndarray,
                           unit_offsets: np.ndarray | None) -> list[Entity]:
    """Turn the (E, 3) rows (category index, first unit, end unit) of one sample into entities with (E,) scores."""
    if unit_offsets is None:
        starts, ends = spans[:, 1], spans[:, 2]
    else:
        starts, ends = unit_offsets[spans[:, 1], 0], unit_offsets[spans[:, 2] - 1, 1]
    return [Entity(categories[category], start, end, score) for category, start, end, score
            in zip(spans[:, 0].tolist(), starts.tolist(), ends.tolist(), scores.tolist(), strict=True)]
