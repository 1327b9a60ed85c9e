import math

import pytest
import torch

from mmner.models.losses import CrossEntropyLoss, FocalLoss
from mmner.utils import InputError

# softmax of (0, ln 3) is (1/4, 3/4), of (0, 0) (1/2, 1/2)
LOGITS = torch.tensor([[0, math.log(3)], [0, 0]])


@pytest.mark.parametrize(('gamma', 'expected'), [
    (2.0, (1 / 16 * math.log(4 / 3) + 1 / 4 * math.log(2)) / 2),
    (1.0, (1 / 4 * math.log(4 / 3) + 1 / 2 * math.log(2)) / 2),
    (0.5, (1 / 2 * math.log(4 / 3) + math.sqrt(1 / 2) * math.log(2)) / 2),
])
def test_by_hand(gamma, expected):
    assert FocalLoss(gamma=gamma)(LOGITS, torch.tensor([1, 0])).item() == pytest.approx(expected, abs=1e-6)


def test_gamma_0_is_cross_entropy_with_its_gradient():
    ours, expected = (torch.randn(20, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
                      for _ in range(2))
    targets = torch.arange(20) % 5
    FocalLoss(gamma=0.0)(ours, targets).backward()
    CrossEntropyLoss()(expected, targets).backward()
    torch.testing.assert_close(ours.grad, expected.grad, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize('gamma', [0.0, 0.5, 1.0, 2.0])
@pytest.mark.parametrize('target', [0, 1])
def test_certainty_gives_finite_loss_and_gradient(gamma, target):
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)     # probabilities exactly 1 and 0 in float32
    loss = FocalLoss(gamma=gamma)(logits, torch.tensor([target]))
    loss.backward()
    assert loss.item() == pytest.approx(400 * target)
    assert logits.grad.isfinite().all()


def test_a_gamma_below_0_is_refused():
    with pytest.raises(InputError, match=r'FocalLoss: gamma=-1; it is at least 0'):
        FocalLoss(gamma=-1)
