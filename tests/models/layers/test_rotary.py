import math

import pytest
import torch

from mmner.models.layers import rotary


def test_by_hand():
    """D = 4 turns (values 0, 1) by 1 radian a place and (values 2, 3) by 1 / 100."""
    turned = rotary(torch.tensor([[1.0, 0, 0, 1]] * 3), torch.tensor([0, 1, 50]))
    assert turned.tolist() == [
        [1, 0, 0, 1],
        pytest.approx([math.cos(1), math.sin(1), -math.sin(0.01), math.cos(0.01)]),
        pytest.approx([math.cos(50), math.sin(50), -math.sin(0.5), math.cos(0.5)])]


@pytest.mark.parametrize('shift', [1, 17, 1_000_000])
def test_products_depend_on_the_distance_alone(shift):
    torch.manual_seed(0)
    query, key = torch.randn(2, 1, 16).expand(2, 6, 16)
    places = torch.arange(6)
    products = rotary(query, places) @ rotary(key, places).T
    torch.testing.assert_close(rotary(query, places + shift) @ rotary(key, places + shift).T, products)
    for diagonal in range(-5, 6):
        assert products.diagonal(diagonal).std(correction=0) < 1e-5
    assert abs(products[0, 1] - products[1, 0]) > 0.1 and abs(products[0, 0] - products[0, 5]) > 0.1


def test_heads_turn_alike():
    heads = torch.randn(5, 3, 8, generator=torch.Generator().manual_seed(0))
    places = torch.tensor([3, 0, 4, 1, 9])
    turned = rotary(heads, places)
    assert turned.shape == (5, 3, 8)
    for head in range(3):
        torch.testing.assert_close(turned[:, head], rotary(heads[:, head], places))


def test_no_units():
    assert rotary(torch.ones(0, 4), torch.zeros(0, dtype=torch.long)).shape == (0, 4)
