from itertools import pairwise, product

import numpy as np
import pytest
import torch

from mmner.models.decoders import CRFDecoder, PartialCRFDecoder
from mmner.utils import InputError

SCHEME = dict(type='BIO', categories=['person', 'place'])       # O 0, person 1 2, place 3 4
NUM_TAGS = 5


@pytest.fixture
def decoders():
    """A partial CRF and a CRF with the same weights, whose emissions are their input: H = K."""
    torch.manual_seed(0)
    partial, plain = (kind(hidden_size=NUM_TAGS, tag_scheme=SCHEME, dropout=0.0)
                      for kind in (PartialCRFDecoder, CRFDecoder))
    with torch.no_grad():
        partial.classifier.weight.copy_(torch.eye(NUM_TAGS))
        partial.classifier.bias.zero_()
        for parameter in (partial.transitions, partial.start, partial.end):
            parameter.copy_(torch.randn_like(parameter))
    plain.load_state_dict(partial.state_dict())
    return partial, plain


def log_sum(decoder, emissions, paths) -> float:
    scheme = decoder.tag_scheme
    scores = [decoder.start[path[0]] + decoder.end[path[-1]] + sum(decoder.transitions[step] for step in pairwise(path))
              + sum(emissions[place, tag] for place, tag in enumerate(path)) for path in paths
              if scheme.allowed_start[path[0]] and all(scheme.allowed[step] for step in pairwise(path))]
    return torch.stack(scores).logsumexp(dim=0).item()


def test_equals_the_sum_over_all_paths_that_agree(decoders, pack, sample):
    """person in units 0 and 1, O in unit 2, nothing known of 3 and 4, but that 4 is a place; no text begins with I."""
    partial, _ = decoders
    batch = pack(sample([1, 2, 3, 4, 5], spans=[('person', 0, 2), ('unknown', 3, 5), ('place', 4, 5)]),
                 sample([1], spans=[('unknown', 0, 1)]))
    assert partial.possible_tags(batch).int().tolist() == [
        [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 1, 0], [1, 1, 1, 1, 0]]
    hidden = torch.randn(6, NUM_TAGS, requires_grad=True)
    loss = partial.loss(hidden, batch)['loss_crf']
    right = log_sum(partial, hidden[:5], [(1, 2, 0, tag, 3) for tag in range(NUM_TAGS)])
    every = log_sum(partial, hidden[:5], product(range(NUM_TAGS), repeat=5))
    assert loss.item() == pytest.approx((every - right) / 6, rel=1e-5)
    loss.backward()
    assert hidden.grad.isfinite().all() and not hidden.grad[5].abs().max() > 1e-6, 'nothing is known of the second text'
    np.testing.assert_allclose(hidden.grad.sum(dim=1), 0, atol=1e-6)


def test_what_is_unknown_may_lie_apart(decoders, pack, sample):
    partial, _ = decoders
    apart, two = (pack(sample([1, 2, 3, 4, 5], spans=spans)) for spans in (
        [('unknown', 0, 5, ((0, 2), (3, 5)))], [('unknown', 0, 2), ('unknown', 3, 5)]))
    assert torch.equal(partial.possible_tags(apart), partial.possible_tags(two))
    assert not partial.possible_tags(apart).all(dim=1)[2]


def test_where_all_is_known_it_is_a_crf(decoders, pack, sample):
    partial, plain = decoders
    batch = pack(sample([1, 2, 3], spans=[('person', 0, 2)]), sample([]), sample([1, 2], spans=[('place', 1, 2)]))
    hidden = torch.randn(5, NUM_TAGS)
    torch.testing.assert_close(partial.loss(hidden, batch)['loss_crf'], plain.loss(hidden, batch)['loss_crf'])
    assert partial.eval().predict(hidden, batch) == plain.eval().predict(hidden, batch)


def test_known_gold_scores_as_in_a_crf(decoders, pack, sample):
    partial, plain = decoders
    known = [('person', 0, 1), ('place', 2, 4)]
    one, other = (pack(sample([1, 2, 3, 4, 5], spans=spans)) for spans in (
        [('unknown', 0, 5), *known, ('unknown', 1, 2)], known))
    hidden = torch.randn(5, NUM_TAGS)
    found = partial.eval().score_gold(hidden, one)
    assert [entity.span for entity in found[0]] == known and found == plain.eval().score_gold(hidden, other)


def test_a_category_cannot_be_the_unknown_label():
    with pytest.raises(InputError, match="unknown_label='place' is one of the categories"):
        PartialCRFDecoder(hidden_size=4, tag_scheme=SCHEME, unknown_label='place')


@pytest.mark.parametrize('scheme', ['BIO', 'BIOES', 'BILOU'])
def test_an_entity_does_not_grow_into_what_is_unknown_behind_it(pack, sample, scheme):
    """Also one inside of what is unknown."""
    decoder = PartialCRFDecoder(hidden_size=4, tag_scheme=dict(type=scheme, categories=['person', 'place']))
    batch = pack(sample([1, 2, 3, 4], spans=[('person', 0, 2), ('unknown', 2, 4)]),
                 sample([1, 2, 3], spans=[('unknown', 0, 3), ('place', 1, 2)]))
    possible, tags = decoder.possible_tags(batch), decoder.tag_scheme.tags
    ruled_out = [[tags[tag] for tag in (~row).nonzero()[:, 0]] for row in possible]
    if scheme == 'BIO':
        assert ruled_out[2:5] == [['I-person'], [], []] and ruled_out[6] == ['I-place']
    else:                                       # its last tag ends an entity
        assert not any(ruled_out[index] for index in (2, 3, 4, 6))
