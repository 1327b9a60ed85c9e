import pytest
import torch

from mmner.models.layers import Dropout, PackedSelfAttention
from mmner.models.layers.dropout import dropout
from mmner.utils import InputError


@pytest.mark.parametrize('probability', [0.1, 0.5, 0.9])
def test_share_of_zeros_and_scale(probability):
    torch.manual_seed(0)
    dropped = dropout(torch.ones(1000, 1001), probability, training=True)
    share = (dropped == 0).double().mean().item()
    assert abs(share - probability) < 5 * (probability * (1 - probability) / 1001000) ** 0.5 + 2 ** -16
    assert dropped[dropped != 0].unique().tolist() == pytest.approx([1 / (1 - probability)], rel=1e-4)


def test_values_are_dropped_on_their_own():
    """The four values of one draw, and the same place of two draws, agree as often as chance has it."""
    torch.manual_seed(0)
    kept = dropout(torch.ones(100000, 4), 0.5, training=True) != 0
    for left, right in [(0, 1), (1, 2), (2, 3), (0, 3)]:
        assert abs((kept[:, left] == kept[:, right]).double().mean().item() - 0.5) < 0.01
    assert abs((kept[1:] == kept[:-1]).double().mean().item() - 0.5) < 0.01


def test_gradient_flows_where_values_were_kept():
    torch.manual_seed(0)
    values = torch.rand(7, 5).add(0.5).requires_grad_()
    dropped = dropout(values, 0.3, training=True)
    dropped.sum().backward()
    torch.testing.assert_close(values.grad, dropped.detach() / values.detach())
    assert 0 < (values.grad == 0).sum() < 35


def test_nothing_happens_in_testing_or_at_probability_0():
    values = torch.rand(3, 3)
    assert Dropout(0.5).eval()(values) is values
    assert Dropout(0.0)(values) is values
    assert Dropout(1.0)(values).count_nonzero() == 0


def test_repeats_with_the_seed_and_keeps_the_type():
    first, second = ((torch.manual_seed(seed), Dropout(0.5)(torch.ones(9, 9, dtype=torch.bfloat16)))[1]
                     for seed in (3, 3))
    assert first.dtype == torch.bfloat16 and torch.equal(first, second)
    assert not torch.equal(second, Dropout(0.5)(torch.ones(9, 9)))


@pytest.mark.parametrize('probability', [10, 1.5, -0.1, float('nan')])
def test_what_is_no_probability(probability):
    with pytest.raises(InputError, match=f'dropout={probability}: give a probability, from 0 to 1'):
        Dropout(probability)
    with pytest.raises(InputError, match=f'dropout={probability}: give a probability'):
        PackedSelfAttention(hidden_size=4, num_heads=2, dropout=probability)


def test_nearly_1_is_1():
    assert Dropout(1 - 1e-7)(torch.ones(3, 3)).count_nonzero() == 0
