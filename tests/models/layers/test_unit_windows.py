import numpy as np
import pytest
import torch

from mmner.models.layers import UnitWindows


def windows_of(*lengths: int, max_length: int) -> UnitWindows:
    return UnitWindows.of(torch.tensor(np.cumsum([0, *lengths])), max_length)


def test_by_hand():
    """Of 10 units, windows of 4 begin every 2; samples of 4 and fewer are one, of 0 none."""
    windows = windows_of(3, 0, 10, 4, max_length=4)
    assert windows.begins.tolist() == [0, 3, 5, 7, 9, 13]
    assert windows.lengths.tolist() == [3, 4, 4, 4, 4, 4]
    pairs = windows.pairs()
    assert pairs.shape == (6, 4, 4) and pairs.dtype == torch.bool
    assert pairs[0].sum() == 9 and pairs[0, :3, :3].all() and pairs[5].all()
    # The seam of the first two of the long sample lies at 3: to the first belong pairs whose middle is before it.
    assert pairs[1].int().tolist() == [[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0]]
    assert pairs[2].int().tolist() == [[0, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0], [1, 1, 0, 0]]


@pytest.mark.parametrize('max_length', [2, 3, 4, 5, 8, 9])
def test_every_near_pair_belongs_to_one_window_and_no_pair_to_two(max_length):
    lengths = [*range(0, 40), 3, 0]
    windows = windows_of(*lengths, max_length=max_length)
    counts = torch.zeros(sum(lengths), sum(lengths), dtype=torch.int)
    for begin, length, pairs in zip(windows.begins.tolist(), windows.lengths.tolist(), windows.pairs(),
                                    strict=True):
        assert length <= max_length and not pairs[length:].any() and not pairs[:, length:].any()
        counts[begin:begin + length, begin:begin + length] += pairs[:length, :length].int()
    begin = 0
    for length in lengths:
        own, units = counts[begin:begin + length, begin:begin + length], torch.arange(length)
        distance = (units[:, None] - units).abs()
        assert (own <= 1).all() and own[distance <= (max_length // 2 if length > max_length else length)].all()
        counts[begin:begin + length, begin:begin + length] = 0
        begin += length
    assert not counts.any()


def test_rows_and_groups():
    values = torch.arange(17.0)[:, None]
    windows = windows_of(3, 0, 10, 4, max_length=4)
    rows = windows.rows(values)[..., 0]
    assert rows[0, :3].tolist() == [0, 1, 2]
    assert rows[1:].tolist() == [[begin, begin + 1, begin + 2, begin + 3] for begin in (3, 5, 7, 9, 13)]
    for num_pairs, sizes in ((1, [1] * 6), (33, [2] * 3), (1000, [6])):
        groups = list(windows.groups(num_pairs))
        assert [len(group) for group in groups] == sizes
        assert torch.cat([group.begins for group in groups]).tolist() == windows.begins.tolist()


def test_no_units():
    windows = windows_of(0, 0, max_length=4)
    assert len(windows) == 0 and windows.pairs().shape == (0, 1, 1)
    assert windows.rows(torch.zeros(0, 3)).shape == (0, 1, 3) and list(windows.groups(10)) == []
