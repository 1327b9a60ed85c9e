import math

import numpy as np
import pytest
import torch

from mmner.models.losses import DiceLoss
from mmner.utils import InputError

# softmax of (0, ln 3) is (1/4, 3/4), of (0, 0) (1/2, 1/2)
LOGITS = torch.tensor([[0, math.log(3)], [0, 0]])
GOLD = torch.tensor([1, 0])


@pytest.mark.parametrize(('alpha', 'smooth', 'tags'), [
    (0.0, 1.0, (5 / 37, 1 / 9)),                # 1 - (1 + 1) / (5/16 + 1 + 1), 1 - (3/2 + 1) / (13/16 + 1 + 1)
    (0.0, 0.5, (5 / 29, 5 / 37)),
    (1.0, 1.0, (51 / 179, 185 / 537))])         # f = 3/16 and 1/4
def test_by_hand(alpha, smooth, tags):
    assert DiceLoss(alpha=alpha, smooth=smooth)(LOGITS, GOLD).item() == pytest.approx(sum(tags) / 2, abs=1e-6)


def test_equals_the_formula_tag_by_tag():
    alpha, smooth = 0.3, 0.7
    logits = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
    targets = torch.arange(12) % 4                                  # the last tag is absent
    total = 0.0
    for tag, probs in enumerate(logits.double().softmax(dim=1).T.tolist()):
        adjusted = [(1 - prob) ** alpha * prob for prob in probs]
        gold = [float(target == tag) for target in targets.tolist()]
        both = sum(f * y for f, y in zip(adjusted, gold, strict=True))
        total += 1 - (2 * both + smooth) / (sum(f * f for f in adjusted) + sum(gold) + smooth)
    assert DiceLoss(alpha=alpha, smooth=smooth)(logits, targets).item() == pytest.approx(total / 5, rel=1e-5)


def test_gradient_equals_differences():
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    targets = torch.tensor([0, 3, 1])

    def in_double(values):
        probs = values.softmax(dim=1)
        adjusted, gold = (1 - probs) ** 0.3 * probs, torch.eye(4, dtype=values.dtype)[targets]
        both, squares = (adjusted * gold).sum(0), (adjusted ** 2).sum(0)
        return (1 - (2 * both + 1) / (squares + gold.sum(0) + 1)).sum() / 4

    ours, exact = logits.clone().requires_grad_(), logits.double().requires_grad_()
    DiceLoss(alpha=0.3)(ours, targets).backward()
    in_double(exact).backward()
    torch.testing.assert_close(ours.grad.double(), exact.grad, atol=1e-6, rtol=1e-5)


def test_descent_finds_the_gold_tags():
    logits = (0.1 * torch.randn(20, 5, generator=torch.Generator().manual_seed(0))).requires_grad_()
    targets = torch.arange(20) % 5
    optimizer = torch.optim.SGD([logits], lr=20.0)
    for _ in range(500):
        optimizer.zero_grad()
        DiceLoss()(logits, targets).backward()
        optimizer.step()
    assert torch.equal(logits.argmax(dim=1), targets)
    assert logits.softmax(dim=1).gather(1, targets[:, None]).min() > 0.9


@pytest.mark.parametrize('alpha', [0.0, 0.01, 1.0])
@pytest.mark.parametrize('scale', [200.0, 16.0])
@pytest.mark.parametrize('target', [0, 1])
def test_certainty_gives_finite_loss_and_gradient(alpha, scale, target):
    logits = torch.tensor([[scale, -scale]], requires_grad=True)
    loss = DiceLoss(alpha=alpha)(logits, torch.tensor([target]))
    loss.backward()
    assert loss.isfinite() and logits.grad.isfinite().all()
    assert logits.grad.abs().max() < 1


def test_it_does_not_jump_where_float32_takes_a_probability_for_1():
    logits = torch.eye(2)[[0] * 50 + [1] * 2]
    losses = [DiceLoss()(logits * gap, logits.argmax(dim=1)).item() for gap in np.arange(10, 40, 0.25)]
    assert np.abs(np.diff(losses)).max() < 0.002


@pytest.mark.parametrize('argument', [dict(alpha=-0.1), dict(smooth=0)])
def test_arguments_are_checked(argument):
    with pytest.raises(InputError, match='the first is at least 0, the other above 0'):
        DiceLoss(**argument)
