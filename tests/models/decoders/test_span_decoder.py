import math

import pytest
import torch

from mmner.models.decoders import SpanDecoder
from mmner.structures import Entity

CATEGORIES = ['person', 'place']
YES, NO = math.log(3), -math.log(3)         # probabilities 3/4 and 1/4


def copying_decoder(**changes) -> SpanDecoder:
    """A decoder whose logits are its input: H = 2K = 4, starts of person and place, ends of person and place."""
    decoder = SpanDecoder(hidden_size=4, categories=CATEGORIES, dropout=0.0, **changes)
    with torch.no_grad():
        decoder.pointers.weight.copy_(torch.eye(4))
        decoder.pointers.bias.zero_()
    return decoder


def logits_of(*units) -> torch.Tensor:
    """For each unit, which of the four are YES, as in '1000'."""
    return torch.tensor([[YES if digit == '1' else NO for digit in unit] for unit in units])


def spans_of(predicted) -> list:
    return [[entity.span for entity in entities] for entities in predicted]


@pytest.fixture
def batch(pack, sample):
    return pack(sample([1, 2, 3], spans=[('person', 0, 2), ('place', 1, 3), ('person', 0, 3), ('place', 1, 3)]),
                sample([]), sample([1, 2], spans=[('place', 0, 1)]))


def test_targets(batch):
    assert copying_decoder().targets(batch).int().tolist() == [
        [1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 1, 0, 1], [0, 0, 0, 0]]


def test_loss_is_the_mean_over_units(batch):
    """Of the 20 pointers one is wrong: an end too many."""
    loss = copying_decoder().loss(logits_of('1000', '0110', '0011', '0101', '0001'), batch)
    right, wrong = math.log(4 / 3), math.log(4)
    assert list(loss) == ['loss_span']
    assert loss['loss_span'].item() == pytest.approx((19 * right + wrong) / 5, abs=1e-6)
    assert copying_decoder().num_terms(batch) == 5


def test_a_start_takes_the_nearest_end(batch):
    logits = logits_of('1000', '0101', '0011', '1100', '0010')
    assert copying_decoder().eval().predict(logits, batch) == [
        [Entity('person', 0, 3, pytest.approx(9 / 16)), Entity('place', 1, 2, pytest.approx(9 / 16))], [],
        [Entity('person', 0, 2, pytest.approx(9 / 16))]]


def test_the_score_is_the_product_of_both_pointers(pack, sample):
    logits = torch.tensor([[math.log(9), NO, NO, NO], [NO, NO, math.log(4), NO], [NO, 1e4, NO, 1e4]])
    assert copying_decoder().eval().predict(logits, pack(sample([1, 2, 3]))) == [
        [Entity('person', 0, 2, pytest.approx(0.9 * 0.8)), Entity('place', 2, 3, 1.0)]]


def test_no_entity_leaves_its_sample(batch):
    """A start in the first text, an end in the last."""
    assert spans_of(copying_decoder().eval().predict(
        logits_of('1100', '0000', '0000', '0010', '0001'), batch)) == [[], [], []]


@pytest.mark.parametrize(('max_width', 'found'), [(3, [('person', 0, 3)]), (2, [])])
def test_no_entity_is_wider_than_max_width(pack, sample, max_width, found):
    logits = logits_of('1000', '0000', '0010')
    assert spans_of(copying_decoder(max_width=max_width).eval().predict(logits, pack(sample([1, 2, 3])))) == [found]


@pytest.mark.parametrize('max_width', [4, 512])
def test_entities_equal_a_search_in_plain_python(pack, sample, max_width):
    lengths = (7, 0, 1, 30, 12)
    batch = pack(*(sample(list(range(1, length + 1))) for length in lengths))
    decoder, found_any = copying_decoder(max_width=max_width).eval(), 0
    for seed in range(5):
        logits = torch.randn(50, 4, generator=torch.Generator().manual_seed(seed)) - 0.8
        for entities, units in zip(decoder.predict(logits, batch), logits.split(lengths), strict=True):
            expected = []
            for start, row in enumerate(units.tolist()):
                for category, label in enumerate(CATEGORIES):
                    reach = range(start, min(len(units), start + max_width))
                    ends = [end for end in reach if units[end, 2 + category] > 0]
                    if row[category] > 0 and ends:
                        expected.append((label, start, ends[0] + 1))
            assert [entity.span for entity in entities] == sorted(expected, key=lambda span: (*span[1:], span[0]))
            found_any += len(expected)
    assert found_any > 50
