from itertools import product

import pytest
import torch

from mmner.models.decoders.valid_tags import ValidTags
from mmner.structures import BILOU, BIO, BIOES, MMOCRScheme


@pytest.mark.parametrize('scheme_class', [BIO, BIOES, BILOU])
def test_most_probable_valid_sequence(scheme_class):
    """Against every valid sequence of every sample; the samples lie packed, an empty one among them."""
    torch.manual_seed(1)
    scheme = scheme_class(categories=['a', 'b'])
    lengths = [3, 0, 4, 1, 2, 4]
    cu_units = torch.tensor([0, *torch.tensor(lengths).cumsum(0)])
    log_probs = torch.randn(sum(lengths), scheme.num_tags).mul(2).log_softmax(-1)
    tags = ValidTags(scheme)(log_probs, cu_units).tolist()
    searched = 0
    for begin, length in zip(cu_units.tolist(), lengths, strict=False):
        valid = [path for path in product(range(scheme.num_tags), repeat=length) if not length or (
            scheme.allowed_start[path[0]] and scheme.allowed_end[path[-1]]
            and all(scheme.allowed[pair] for pair in zip(path, path[1:], strict=False)))]
        best = max(valid, key=lambda path, begin=begin: sum(log_probs[begin + i, tag] for i, tag in enumerate(path)))
        assert tags[begin:begin + length] == list(best)
        searched += log_probs[begin:begin + length].argmax(-1).tolist() != list(best)
    assert searched, 'no sample needed the search: the test would not see it fail'


def test_scheme_of_mmocr_takes_tags_as_they_come():
    log_probs = torch.randn(6, 6).log_softmax(-1)
    tags = ValidTags(MMOCRScheme(categories=['a']))(log_probs, torch.tensor([0, 2, 6]))
    assert torch.equal(tags, log_probs.argmax(-1))


def test_no_units_at_all():
    assert ValidTags(BIO(categories=['a']))(torch.zeros(0, 3), torch.tensor([0, 0])).tolist() == []
