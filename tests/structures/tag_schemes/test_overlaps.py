import numpy as np
import pytest

from mmner.structures.tag_schemes import without_overlaps


@pytest.mark.parametrize(('spans', 'kept'), [
    ([], []),
    ([[0, 3, 5]], [True]),
    ([[0, 5, 8], [1, 0, 5]], [True, True]),                             # they touch, they do not overlap
    ([[0, 0, 2], [1, 1, 4]], [False, True]),                            # the longer
    ([[0, 1, 3], [1, 0, 2]], [False, True]),                            # equal length: the earlier
    ([[1, 0, 2], [0, 0, 2]], [True, False]),                            # same place: the first in the array
    ([[0, 0, 4], [1, 3, 8], [2, 7, 9], [3, 9, 10]], [False, True, False, True]),
    ([[0, 0, 3], [1, 2, 6], [2, 5, 8]], [False, True, False]),
    ([[0, 0, 4], [1, 3, 6], [2, 5, 9]], [True, False, True]),           # both ends win over the middle
    ([[0, 0, 9], [1, 2, 3], [2, 6, 8]], [True, False, False]),
])
def test_choice(spans, kept):
    assert without_overlaps(np.array(spans, dtype=np.int64).reshape(-1, 3)).tolist() == kept


def test_equals_greedy_choice_over_all_spans():
    generator = np.random.default_rng(0)
    for _ in range(300):
        starts = generator.integers(0, 40, size=12)
        spans = np.stack([np.arange(12), starts, starts + generator.integers(1, 9, size=12)], axis=1)
        kept = []
        for index in sorted(range(12), key=lambda i: (spans[i, 1] - spans[i, 2], spans[i, 1], i)):
            if all(spans[index, 2] <= spans[other, 1] or spans[other, 2] <= spans[index, 1] for other in kept):
                kept.append(index)
        assert np.flatnonzero(without_overlaps(spans)).tolist() == sorted(kept)
