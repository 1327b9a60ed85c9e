import math

import pytest
import torch

from mmner.models.losses import BinaryCrossEntropyLoss


def test_by_hand():
    """Probabilities 3/4 and 1/2, then 1/4 and 9/10; the first of each unit is right."""
    logits = torch.tensor([[math.log(3), 0], [-math.log(3), math.log(9)]])
    loss = BinaryCrossEntropyLoss()(logits, torch.tensor([[True, False], [True, False]]))
    assert loss.item() == pytest.approx((math.log(4 / 3) + math.log(2) + math.log(4) + math.log(10)) / 2, abs=1e-6)


def test_bfloat16_logits_are_summed_in_float32():
    logits = torch.randn(40, 6, generator=torch.Generator().manual_seed(0)).bfloat16()
    targets = logits > 1
    loss = BinaryCrossEntropyLoss()(logits, targets)
    assert loss.dtype == torch.float32 and loss.item() == BinaryCrossEntropyLoss()(logits.float(), targets).item()
