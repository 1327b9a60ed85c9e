import math

import pytest
import torch

from mmner.models.decoders import EfficientGlobalPointerDecoder
from mmner.structures import Entity


def test_by_hand(pack, sample):
    """D = 2, H = 4: units are their query and key. Units 0 and 2 match after a turn by 2 radians."""
    decoder = EfficientGlobalPointerDecoder(hidden_size=4, categories=['person', 'place'], head_size=2, dropout=0.0)
    with torch.no_grad():
        decoder.query_key.weight.copy_(torch.eye(4))
        decoder.classifier.weight.zero_()
        decoder.query_key.bias.zero_()
        decoder.classifier.bias.copy_(torch.tensor([0.0, -3.0, -1.0, 0.0]))       # person as last costs 1, place 3
    hidden = torch.tensor([[2.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 2 * math.cos(2), -2 * math.sin(2)]])
    score = 4 / math.sqrt(2) - 1
    assert decoder.eval().predict(hidden, pack(sample([1, 2, 3]))) == [
        [Entity('person', 0, 3, pytest.approx(1 / (1 + math.exp(-score))))]]
