from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mmner.structures.tag_schemes.overlaps import without_overlaps
from mmner.utils import InputError


class TagScheme:
    """Entities to tags over units and back. A subclass is four letters; tag ids and all rules follow from them.

    Letters may coincide: with inside == last and first == single the scheme is BIO.

    Args:
        categories (Sequence[str]): Names of the categories; a category index points into it.

    Attributes:
        scope (str): The entities that its tags can tell, in words.
        first, inside, last, single (str): Prefix of an entity's first, middle and last unit and of a one-unit entity.
        tags (tuple[str, ...]): Name of every tag id: 'O', 'B-address', 'I-address', 'B-book', ...
        outside_id (int): Id of 'O'.
        begins, ends (np.ndarray): (K,) bool: does the tag surely begin, or end, an entity?

    Raises:
        InputError: No categories, or one of them twice.
    """
    scope = 'one tag for a unit, so no overlap and no gap'
    first: str
    inside: str
    last: str
    single: str

    def __init__(self, *, categories: Sequence[str]):
        self.categories = checked_categories(categories)
        layout = self.layout()
        self._prefix = np.array([prefix for prefix, _ in layout])                   # (K,)
        self._category = np.array([category for _, category in layout])             # (K,), -1: none
        self.tags = tuple(prefix if category < 0 else f'{prefix}-{self.categories[category]}'
                          for prefix, category in layout)
        self.outside_id = self.tags.index('O')
        self.begins = self._has(self.first, self.single) & ~self._has(self.inside, self.last)
        self.ends = self._has(self.last, self.single) & ~self._has(self.first, self.inside)

    def layout(self) -> list[tuple[str, int]]:
        """Prefix and category index (-1: none) of every tag id; for one prefix the categories ascend."""
        prefixes = dict.fromkeys((self.first, self.inside, self.last, self.single))
        return [('O', -1)] + [(prefix, index) for index in range(len(self.categories)) for prefix in prefixes]

    @property
    def num_tags(self) -> int:
        """K, the number of tag ids."""
        return len(self.tags)

    def encode(self, spans: np.ndarray, num_units: int) -> np.ndarray:
        """Spans to tags, of one sample or of a packed batch. Where spans overlap, `without_overlaps` chooses.

        Args:
            spans (np.ndarray): (E, 3) int of category index, first unit, end unit; 0 <= first < end <= num_units.
            num_units (int): U.

        Returns:
            np.ndarray: (U,) int64 tag ids.
        """
        return self._paint(spans[without_overlaps(spans)], num_units)

    def decode(self, tags: np.ndarray, cu_units: np.ndarray) -> np.ndarray:
        """Tags to spans, as lenient as conlleval: every tag but 'O' belongs to an entity, also in invalid sequences.

        An entity starts where the prefix says so, and where the tag before is 'O', ends an entity, has another
        category or belongs to another sample. It lasts until the next start, 'O' or end of the sample.

        Args:
            tags (np.ndarray): (U,) int tag ids.
            cu_units (np.ndarray): (S + 1,) int, first unit of every sample and, last, U.

        Returns:
            np.ndarray: (E, 3) int64 of category index, first unit, end unit (counted over the batch), by start.
        """
        previous = np.roll(tags, 1)
        previous[cu_units[:-1][cu_units[:-1] < len(tags)]] = self.outside_id
        category = self._category[tags]
        breaks = self.begins[tags] | self.ends[previous] | (category != self._category[previous])
        borders = np.append(np.flatnonzero(breaks | (category < 0)), len(tags))
        starts = np.flatnonzero(breaks & (category >= 0))
        ends = borders[np.searchsorted(borders, starts, side='right')]
        return np.stack([category[starts], starts, ends], axis=1)

    @cached_property
    def allowed(self) -> np.ndarray:
        """(K, K) bool: may the tag of the column follow the tag of the row?"""
        return self.allowed_end[:, None] & self.allowed_start | self.goes_on

    @cached_property
    def goes_on(self) -> np.ndarray:
        """(K, K) bool: does the tag of the column, behind that of the row, go on with its entity?"""
        goes_on = self._has(self.first, self.inside)[:, None] & self._has(self.inside, self.last)
        return goes_on & (self._category[:, None] == self._category)

    @cached_property
    def allowed_start(self) -> np.ndarray:
        """(K,) bool: may a sample start with the tag?"""
        return self._has('O', self.first, self.single)

    @cached_property
    def allowed_end(self) -> np.ndarray:
        """(K,) bool: may a sample end with the tag?"""
        return self._has('O', self.last, self.single)

    def _has(self, *prefixes: str) -> np.ndarray:
        """(K,) bool: is the tag's prefix one of these?"""
        return np.isin(self._prefix, prefixes)

    def _paint(self, spans: np.ndarray, num_units: int) -> np.ndarray:
        """(U,) tag ids of (E, 3) spans; where spans overlap, the later in the array covers the earlier."""
        category, starts, ends = spans.T
        lengths = ends - starts
        last = np.cumsum(lengths) - 1                                   # (E,), in the axis of all spans' units
        first = last - lengths + 1
        units = np.arange(lengths.sum()) + np.repeat(starts - first, lengths)
        painted = np.repeat(self._ids(self.inside)[category], lengths)
        painted[last] = self._ids(self.last)[category]
        painted[first] = self._ids(self.first)[category]
        painted[first[lengths == 1]] = self._ids(self.single)[category[lengths == 1]]
        tags = np.full(num_units, self.outside_id, dtype=np.int64)
        tags[units] = painted
        return tags

    def _ids(self, prefix: str) -> np.ndarray:
        """Tag id of the prefix for every category index."""
        return np.flatnonzero(self._prefix == prefix)


def checked_categories(categories: Sequence[str]) -> tuple[str, ...]:
    """The categories as a tuple.

    Raises:
        InputError: There are none, or one of them comes twice.
    """
    if isinstance(categories, str) or not categories:
        raise InputError(f'categories={categories!r} names no category; give a list of category names')
    names = tuple(categories)
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise InputError(f'categories name {", ".join(doubles)} more than once; name every category once')
    return names
