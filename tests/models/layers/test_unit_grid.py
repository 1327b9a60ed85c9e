import torch

from mmner.models.layers import UnitGrid


def test_rows_and_back():
    grid = UnitGrid(torch.tensor([0, 2, 2, 5]), torch.device('cpu'))        # the second sample has no units
    assert grid.lengths.tolist() == [2, 3]
    assert grid.mask.tolist() == [[True, True, False], [True, True, True]]
    units = torch.arange(1, 11.0).view(5, 2)
    rows = grid.rows(units)
    assert rows.tolist() == [[[1, 2], [3, 4], [0, 0]], [[5, 6], [7, 8], [9, 10]]]
    assert torch.equal(grid.units(rows), units)
    assert grid.rows(torch.arange(1, 6)).tolist() == [[1, 2, 0], [3, 4, 5]]


def test_gradient_goes_through():
    units = torch.ones(5, 2, requires_grad=True)
    UnitGrid(torch.tensor([0, 2, 5]), units.device).rows(units).pow(2).sum().backward()
    assert units.grad.tolist() == [[2, 2]] * 5


def test_no_units():
    grid = UnitGrid(torch.tensor([0, 0, 0]), torch.device('cpu'))
    assert grid.rows(torch.ones(0, 4)).shape == (0, 1, 4)
    assert grid.units(torch.ones(0, 1, 4)).shape == (0, 4)
