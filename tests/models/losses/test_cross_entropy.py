import math

import pytest
import torch

from mmner.models.losses import CrossEntropyLoss
from mmner.utils import InputError

# softmax of (0, ln 3) is (1/4, 3/4), of (0, 0) (1/2, 1/2)
LOGITS = torch.tensor([[0, math.log(3)], [0, 0]])


@pytest.mark.parametrize(('targets', 'expected'), [
    ([1, 0], (math.log(4 / 3) + math.log(2)) / 2), ([0, 1], (math.log(4) + math.log(2)) / 2)])
def test_by_hand(targets, expected):
    assert CrossEntropyLoss()(LOGITS, torch.tensor(targets)).item() == pytest.approx(expected, abs=1e-6)


def test_label_smoothing_by_hand():
    """0.2 over two tags: the right one counts 0.9, the other 0.1."""
    loss = CrossEntropyLoss(label_smoothing=0.2)(LOGITS[:1], torch.tensor([1]))
    assert loss.item() == pytest.approx(0.9 * math.log(4 / 3) + 0.1 * math.log(4), abs=1e-6)


def test_bfloat16_logits_are_summed_in_float32():
    logits = LOGITS.bfloat16().requires_grad_()
    loss = CrossEntropyLoss()(logits, torch.tensor([1, 0]))
    assert loss.dtype == torch.float32
    rounded = CrossEntropyLoss()(logits.detach().float(), torch.tensor([1, 0]))
    assert loss.item() == rounded.item()


@pytest.mark.parametrize('share', [-0.1, 1.5])
def test_label_smoothing_is_a_share(share):
    with pytest.raises(InputError, match=f'CrossEntropyLoss: label_smoothing={share}; it is a share, from 0 to 1'):
        CrossEntropyLoss(label_smoothing=share)
