"""Probabilities of gold by hand, and gold that a decoder cannot find. Other decoders: by formula, in their tests."""
import math
import warnings

import pytest
import torch

from mmner.models import decoders
from mmner.models.decoders import BaseDecoder
from mmner.structures import Entity
from mmner.utils import InputError

CATEGORIES = ['person', 'place']
BIO = dict(tag_scheme=dict(type='BIO', categories=CATEGORIES))              # O 0, person 1 2, place 3 4
MMOCR = dict(tag_scheme=dict(type='MMOCRScheme', categories=CATEGORIES))    # X 0, B- 1 2, I- 3 4, O 5
NESTED = [('person', 0, 3), ('place', 1, 2), ('person', 3, 4)]


def copying(kind: str, size: int, **arguments) -> BaseDecoder:
    """A tag decoder or a SpanDecoder whose logits are its input."""
    decoder = getattr(decoders, kind)(hidden_size=size, dropout=0.0, **arguments).eval()
    layer = decoder.pointers if kind == 'SpanDecoder' else decoder.classifier
    with torch.no_grad():
        layer.weight.copy_(torch.eye(size))
        layer.bias.zero_()
    return decoder


def logs(*rows) -> torch.Tensor:
    """Logits of one unit a row, from probabilities."""
    return torch.tensor(rows).log()


def test_softmax_multiplies_the_probabilities_of_the_gold_tags(pack, sample):
    """The first entity is predicted, the second is not: at its units O is more probable."""
    logits = logs([.1, .6, .1, .1, .1], [.1, .1, .5, .2, .1], [.5, .05, .05, .3, .1], [.5, .1, .1, .1, .2],
                  [.2, .2, .2, .3, .1])
    batch = pack(sample([1, 2, 3, 4], spans=[('place', 2, 4), ('person', 0, 2)]), sample([]),
                 sample([1], spans=[('place', 0, 1)]))
    decoder = copying('SoftmaxDecoder', 5, **BIO)
    first, last = Entity('person', 0, 2, pytest.approx(0.3)), Entity('place', 0, 1, pytest.approx(0.3))
    assert decoder.predict(logits, batch) == [[first], [], [last]]
    assert decoder.score_gold(logits, batch) == [[first, Entity('place', 2, 4, pytest.approx(0.06))], [], [last]]


@pytest.mark.parametrize('kind', ['SoftmaxDecoder', 'CRFDecoder'])
def test_of_overlapping_gold_tags_hold_the_longest(pack, sample, kind):
    found = copying(kind, 5, **BIO).score_gold(torch.randn(4, 5), pack(sample([1, 2, 3, 4], spans=NESTED)))
    assert [[entity.span for entity in entities] for entities in found] == [[NESTED[0], NESTED[2]]]


def test_mmocr_reads_tokens_and_finds_no_entity_of_one_unit(pack, sample):
    """Painted one over the other, as for its loss, NESTED would leave a person of units 0 to 1 that is not gold."""
    batch = pack(sample([1, 2, 3, 4], spans=NESTED), sample([1, 2], spans=[('place', 0, 2)]))
    probs = torch.full((10, 8), 0.05)
    probs[[1, 2, 3], [1, 3, 3]] = torch.tensor([0.5, 0.4, 0.3])       # in the first text B- I- I- of person
    probs[[7, 8], [2, 4]] = torch.tensor([0.2, 0.1])                  # in the second B- I- of place
    probs[:, 7] += 1 - probs.sum(dim=1)
    assert copying('MMOCRSoftmaxDecoder', 8, **MMOCR).score_gold(probs.log(), batch) == [
        [Entity('person', 0, 3, pytest.approx(0.06))], [Entity('place', 0, 2, pytest.approx(0.02))]]


def test_span_decoder_multiplies_both_pointers(pack, sample):
    """Columns: starts of person and place, ends of person and place. Logits below 0 are as good as those above."""
    yes, no = math.log(3), -math.log(3)
    logits = torch.tensor([[yes, no, no, no], [no, -1e4, yes, no], [no, no, no, 1e4]])
    batch = pack(sample([1, 2, 3], spans=[('person', 0, 2), ('person', 1, 3), ('place', 0, 3), ('place', 1, 3)]))
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = copying('SpanDecoder', 4, categories=CATEGORIES).score_gold(logits, batch)
    assert found == [[Entity('person', 0, 2, pytest.approx(9 / 16)), Entity('place', 0, 3, pytest.approx(1 / 4)),
                      Entity('person', 1, 3, pytest.approx(1 / 16)), Entity('place', 1, 3, 0.0)]]


@pytest.mark.parametrize('kind', ['SpanDecoder', 'BiaffineDecoder', 'GlobalPointerDecoder',
                                  'EfficientGlobalPointerDecoder'])
def test_spans_wider_than_max_width_are_left_out_and_those_that_selection_drops_are_not(pack, sample, kind):
    decoder = getattr(decoders, kind)(hidden_size=6, categories=CATEGORIES, max_width=3,
                                      selection=dict(type='FlatSpans')).eval()
    batch = pack(sample([1]), sample([1, 2, 3, 4], spans=[*NESTED, ('place', 0, 4), ('place', 0, 4, ((0, 1), (3, 4)))]))
    found = decoder.score_gold(torch.randn(5, 6), batch)
    assert [[entity.span for entity in entities] for entities in found] == [[], NESTED]


@pytest.mark.parametrize(('kind', 'arguments'), [('SoftmaxDecoder', BIO), ('SpanDecoder', dict(categories=CATEGORIES)),
                                                 ('W2NERDecoder', dict(categories=CATEGORIES))])
def test_gold_of_a_category_that_the_decoder_lacks_is_named(pack, sample, kind, arguments):
    decoder = getattr(decoders, kind)(hidden_size=6, **arguments).eval()
    with pytest.raises(InputError, match="category 'organisation' of the data is not among"):
        decoder.score_gold(torch.randn(2, 6), pack(sample([1, 2], spans=[('organisation', 0, 1)])))
