import math

import pytest
import torch

from mmner.models.decoders import GlobalPointerDecoder
from mmner.structures import Entity


def test_by_hand(pack, sample):
    """D = 2, H = 8: units are their queries and keys. For place, units 0 and 2 match after a turn by 2 radians; for
    person unit 1 matches itself, and unit 2 matches unit 0, which is no span."""
    decoder = GlobalPointerDecoder(hidden_size=8, categories=['person', 'place'], head_size=2, dropout=0.0)
    with torch.no_grad():
        decoder.query_key.weight.copy_(torch.eye(8))
        decoder.query_key.bias.zero_()
    hidden = torch.zeros(3, 4, 2)       # queries of person and place, keys of person and place
    hidden[0, 1] = torch.tensor([2.0, 0.0])
    hidden[2, 3] = torch.tensor([2 * math.cos(2), -2 * math.sin(2)])
    hidden[1, [0, 2]] = torch.tensor([1.0, 1.0])
    hidden[0, 2] = torch.tensor([5.0, 0.0])
    hidden[2, 0] = torch.tensor([5 * math.cos(2), -5 * math.sin(2)])
    found = decoder.eval().predict(hidden.flatten(1), pack(sample([1, 2, 3])))
    assert found == [[Entity('place', 0, 3, pytest.approx(1 / (1 + math.exp(-4 / math.sqrt(2))))),
                      Entity('person', 1, 2, pytest.approx(1 / (1 + math.exp(-2 / math.sqrt(2)))))]]
