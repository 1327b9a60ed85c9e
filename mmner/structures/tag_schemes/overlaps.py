import numpy as np


def without_overlaps(spans: np.ndarray) -> np.ndarray:
    """Choose spans that do not overlap: the longer wins, at equal length the earlier, then the first in the array.

    Args:
        spans (np.ndarray): (E, 3) of category index, first unit, end unit; in any order, none empty.

    Returns:
        np.ndarray: (E,) bool, True for the spans to keep.
    """
    keep = np.ones(len(spans), dtype=bool)
    crowded = _crowded(spans)
    if len(crowded):
        keep[crowded] = _longest_first(spans[crowded])
    return keep


def _crowded(spans: np.ndarray) -> np.ndarray:
    """Indices, ascending, of the spans that overlap another one or stand in a chain of such spans."""
    if len(spans) < 2:
        return np.empty(0, dtype=np.int64)
    order = np.argsort(spans[:, 1], kind='stable')
    starts, ends = spans[order, 1], spans[order, 2]
    touches_earlier = starts[1:] < np.maximum.accumulate(ends)[:-1]
    crowded = np.zeros(len(spans), dtype=bool)
    crowded[1:] |= touches_earlier
    crowded[:-1] |= touches_earlier
    return np.sort(order[crowded])


def _longest_first(spans: np.ndarray) -> np.ndarray:
    """Mask (E,) of the spans kept when they are taken by falling length, each unless its place is occupied."""
    starts, ends = spans[:, 1], spans[:, 2]
    occupied = np.zeros(ends.max(), dtype=bool)
    keep = np.zeros(len(spans), dtype=bool)
    for index in np.lexsort((starts, starts - ends)):
        place = slice(starts[index], ends[index])
        keep[index] = not occupied[place].any()
        if keep[index]:
            occupied[place] = True
    return keep
