import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmner.models.layers import BFloat16Linear, Int8Linear
from mmner.models.layers.inference_linear import quantize

BY_HAND = {
    None: lambda values: values,
    'gelu': lambda values: values * (1 + torch.erf(values / 2 ** 0.5)) / 2,
    'gelu_tanh': lambda values: F.gelu(values, approximate='tanh'),
    'relu': lambda values: values.clamp(min=0)}


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    return ((found.double() - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize('activation', BY_HAND)
@pytest.mark.parametrize(('kind', 'tolerance'), [(BFloat16Linear, 0.005), (Int8Linear, 0.02)])
def test_near_the_layer_that_it_was_made_of(kind, tolerance, activation):
    torch.manual_seed(0)
    linear = nn.Linear(96, 40)
    values = torch.randn(33, 96)
    before = linear.weight.clone()
    expected = BY_HAND[activation](linear(values).double())
    found = kind(linear, activation)(values)
    assert found.dtype == torch.bfloat16
    assert relative_error(found, expected) < tolerance
    assert torch.equal(linear.weight, before)


@pytest.mark.parametrize('kind', [BFloat16Linear, Int8Linear])
def test_no_values_and_equal_values(kind):
    linear = nn.Linear(8, 4)
    fast = kind(linear)
    assert fast(torch.empty(0, 8)).shape == (0, 4)
    for value in (0.0, 3.0, -2.0):
        values = torch.full((2, 8), value)
        torch.testing.assert_close(fast(values).float(), linear(values), atol=0.03, rtol=0.02)


def test_one_large_output_does_not_coarsen_the_others():
    linear = nn.Linear(64, 2)
    with torch.no_grad():
        linear.weight[0] *= 1000
        linear.bias.zero_()
    values = torch.randn(50, 64, generator=torch.Generator().manual_seed(0))
    for found, expected in zip(Int8Linear(linear)(values).T, linear(values).T, strict=True):
        assert relative_error(found, expected.double()) < 0.02


@pytest.mark.parametrize(('values', 'expected'), [
    ([-1.0, 0.0, 2.9375], ([0, 64, 252], 1 / 64, 64)),       # a range of 3.9375 = 252 / 64
    ([0.0, 1.0, 3.9375], ([0, 64, 252], 1 / 64, 0)),
    ([1.0, 3.9375], ([64, 252], 1 / 64, 0)),                 # 0 is always in the range, as padding and ReLU need it
    ([-3.9375, -1.0], ([0, 188], 1 / 64, 252))])
def test_quantize_by_hand(values, expected):
    rounded, scale, zero_point = quantize(torch.tensor(values))
    assert (rounded.tolist(), scale, zero_point) == expected


@pytest.mark.parametrize('dtype', [torch.float32, torch.bfloat16])
def test_quantize_stays_in_range_and_near(dtype):
    torch.manual_seed(0)
    for _ in range(2000):
        spread, shift = torch.rand(2).tolist()
        values = (torch.randn(50) * 10 ** (4 * spread - 2) + 20 * shift - 10).to(dtype)
        rounded, scale, zero_point = quantize(values)
        back = (rounded.double() - zero_point) * scale
        assert (back - values.double()).abs().max() <= scale * (0.501 if dtype == torch.float32 else 1.01)
