"""MMOCR's ids with two categories: X 0, B- 1 2, I- 3 4, O 5."""
import math

import pytest
import torch

from mmner.models.decoders import MMOCRSoftmaxDecoder
from mmner.structures import Entity


@pytest.fixture
def decoder():
    """Its logits are its input: H = K = 8."""
    module = MMOCRSoftmaxDecoder(hidden_size=8, dropout=0.0,
                                 tag_scheme=dict(type='MMOCRScheme', categories=['person', 'place']))
    with torch.no_grad():
        module.classifier.weight.copy_(torch.eye(8))
        module.classifier.bias.zero_()
    return module


@pytest.fixture
def batch(pack, sample):
    return pack(sample([1, 2, 3], spans=[('person', 0, 2)]), sample([1, 2], spans=[('place', 0, 2)]))


def test_first_and_last_token_carry_outside(decoder, batch):
    assert decoder.targets(batch).tolist() == [5, 1, 3, 5, 5] + [5, 2, 4, 5]


def test_they_count_in_the_loss(decoder, batch):
    """Sure and right at the five units; even over all eight tags at the four special tokens."""
    logits = torch.zeros(9, 8)
    for token, tag in ((1, 1), (2, 3), (3, 5), (6, 2), (7, 4)):
        logits[token, tag] = 100.0
    assert decoder.loss(logits, batch)['loss_tag'].item() == pytest.approx(4 / 9 * math.log(8), abs=1e-5)


def test_they_are_no_part_of_an_entity(decoder, batch):
    logits = torch.nn.functional.one_hot(torch.tensor([1, 1, 3, 5, 3, 1, 2, 4, 4]), 8) * 100.0
    assert decoder.predict(logits, batch) == [[Entity('person', 0, 2, 1.0)], [Entity('place', 0, 2, 1.0)]]
