import math

import pytest
import torch

from mmner.models.losses import MultiLabelCrossEntropyLoss

NONE = torch.finfo(torch.float32).min       # no class


def loss_of(logits, targets) -> float:
    return MultiLabelCrossEntropyLoss()(torch.tensor(logits), torch.tensor(targets, dtype=torch.bool)).item()


def test_by_hand():
    """Wrong: e^ln 2 and e^ln 3. Right: e^-ln 4 and e^ln 5. A second row has nothing right and one wrong at 0."""
    logits = [[math.log(2), math.log(4), -math.log(5), math.log(3)], [NONE, 0, NONE, NONE]]
    expected = math.log(1 + 2 + 3) + math.log(1 + 1 / 4 + 5) + math.log(2)
    assert loss_of(logits, [[0, 1, 1, 0], [0, 0, 0, 0]]) == pytest.approx(expected / 2, abs=1e-6)


def test_one_right_class_with_one_wrong_is_what_binary_cross_entropy_makes_of_them():
    logits = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([[True, False]] * 20)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets.float(), reduction='sum') / 20
    torch.testing.assert_close(MultiLabelCrossEntropyLoss()(logits, targets), expected)


def test_value_and_gradient_equal_the_formula():
    generator = torch.Generator().manual_seed(1)
    logits = (3 * torch.randn(6, 9, generator=generator, dtype=torch.double)).requires_grad_()
    targets = torch.rand(6, 9, generator=generator) < 0.3
    targets[0], targets[1] = False, True
    naive = sum(torch.log(1 + row[~right].exp().sum()) + torch.log(1 + (-row[right]).exp().sum())
                for row, right in zip(logits, targets, strict=True)) / 6
    expected, = torch.autograd.grad(naive, logits)
    loss = MultiLabelCrossEntropyLoss()(logits, targets)
    gradient, = torch.autograd.grad(loss, logits)
    torch.testing.assert_close(loss.double(), naive, rtol=1e-6, atol=0)
    torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-7)


def test_impossible_classes_and_huge_scores_stay_finite():
    """Row 1 has no class at all, row 2 but one and it is right, row 3 is wrong by far."""
    logits = torch.tensor([[NONE, NONE, NONE], [2.0, NONE, NONE], [-1e4, 1e4, NONE]], requires_grad=True)
    targets = torch.tensor([[0, 0, 0], [1, 0, 0], [1, 0, 0]], dtype=torch.bool)
    loss = MultiLabelCrossEntropyLoss()(logits, targets)
    loss.backward()
    assert loss.item() == pytest.approx((0 + math.log(1 + math.exp(-2)) + 2e4) / 3)
    assert logits.grad.flatten().tolist() == pytest.approx([
        0, 0, 0, -1 / (1 + math.exp(2)) / 3, 0, 0, -1 / 3, 1 / 3, 0], abs=1e-6)


def test_bfloat16_logits_are_summed_in_float32():
    logits = torch.randn(4, 50, generator=torch.Generator().manual_seed(0)).bfloat16()
    targets = torch.arange(200).view(4, 50) % 17 == 0
    loss = MultiLabelCrossEntropyLoss()(logits, targets)
    assert loss.dtype == torch.float32
    assert loss.item() == MultiLabelCrossEntropyLoss()(logits.float(), targets).item()
