import pytest
import torch

from mmner.models.layers import PairRows

CPU = torch.device('cpu')
LENGTHS = [3, 0, 1, 9, 0, 30, 2]


@pytest.mark.parametrize('width', [1, 2, 3, 7, 8, 9, 29, 30, 31, 512])
def test_every_pair_within_the_width_stands_once(width):
    cu_units = torch.tensor([0, *LENGTHS]).cumsum(0)
    rows = PairRows(cu_units, width, CPU)
    assert torch.equal(rows.begins, rows.firsts[:, 0]) and torch.equal(rows.begins, rows.lasts[:, 0])
    row, first, last = rows.pairs.nonzero().unbind(1)
    found = torch.stack([rows.samples[row], rows.firsts[row, first], rows.lasts[row, last]], dim=1)
    borders = [(0, 3), (3, 4), (4, 13), (13, 43), (43, 45)]
    assert found.tolist() == [[sample, first, last] for sample, (begin, end) in enumerate(borders)
                              for first in range(begin, end) for last in range(first, min(end, first + width))]


def test_a_long_sample_costs_its_units_times_the_width():
    rows = PairRows(torch.tensor([0, 10_000, 10_005]), 100, CPU)
    assert rows.pairs.numel() < 10_200 * 2 * 100


def test_a_short_batch_has_a_row_for_each_sample():
    rows = PairRows(torch.tensor([0, 2, 2, 5]), 512, CPU)
    assert rows.firsts.tolist() == rows.lasts.tolist() == [[0, 1, 1], [2, 3, 4]]
    assert rows.samples.tolist() == [0, 1]


def test_no_units():
    assert PairRows(torch.tensor([0, 0, 0]), 4, CPU).pairs.shape == (0, 0, 0)
