"""Loss and entities against the relations of all pairs, in plain Python."""
import math

import pytest
import torch

from mmner.models.decoders import W2NERDecoder
from mmner.models.layers import UnitWindows
from mmner.structures import Entity
from mmner.structures.units import stretches_of
from mmner.utils import InputError

CATEGORIES = ['pain', 'place']
# I am having aching in legs and shoulders: the paper's example, with 'legs' a place in it
WORDS = ['I', 'am', 'having', 'aching', 'in', 'legs', 'and', 'shoulders']
ENDS = [sum(map(len, WORDS[:end])) + end - 1 for end in range(1, 9)]
OFFSETS = [[end - len(word), end] for word, end in zip(WORDS, ENDS, strict=True)]
ACHING = [('pain', 3, 6), ('pain', 3, 8, ((3, 5), (7, 8))), ('place', 5, 6)]
LENGTHS = (8, 1, 4)
GOLD = (ACHING, [('place', 0, 1)], [('pain', 0, 3, ((0, 1), (2, 3))), ('place', 0, 4), ('pain', 0, 4)])
SMALL = dict(categories=CATEGORIES, channels=4, place_size=3, head_size=5, dropout=0.0)


@pytest.fixture
def batch(pack, sample):
    return pack(*(sample(list(range(1, length + 1)), spans=spans, unit_offsets=OFFSETS if length == 8 else None)
                  for length, spans in zip(LENGTHS, GOLD, strict=True)), sample([]))


def built(**changes) -> W2NERDecoder:
    torch.manual_seed(0)
    decoder = W2NERDecoder(hidden_size=6, **SMALL | changes).eval()
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.copy_(0.5 * torch.randn_like(parameter))
    return decoder


def hidden_of(seed: int = 1, num_units: int = sum(LENGTHS)) -> torch.Tensor:
    return torch.randn(num_units, 6, generator=torch.Generator().manual_seed(seed))


def logits_of(decoder: W2NERDecoder, units: torch.Tensor) -> torch.Tensor:
    """(L, L, 4) of one sample: s U_c o, plus weights over s and o, plus a bias, plus a layer over the convolutions."""
    length = len(units)
    table = torch.cat([decoder.biaffine.weight, decoder.biaffine.bias[:, None]], dim=1).view(4, 6, 6)    # (C, o, s)
    s, o = (torch.cat([part(units), torch.ones(length, 1)], dim=1) for part in (decoder.left, decoder.right))
    biaffine = torch.einsum('is,cos,jo->ijc', s, table, o)
    pairs = decoder.features(*(values[None] for values in decoder.features.units(units)))
    return biaffine + decoder.classifier(
        decoder.convolutions(pairs, torch.ones(1, length, length, dtype=torch.bool)))[0]


def gold_classes(spans, length: int) -> list[list[int]]:
    classes = [[0] * length for _ in range(length)]
    for span in sorted(spans, reverse=True):           # 'pain' over 'place'
        units = [unit for stretch in stretches_of(span) for unit in range(*stretch)]
        for unit, following in zip(units, units[1:], strict=False):
            classes[unit][following] = 1
        classes[units[-1]][units[0]] = 2 + CATEGORIES.index(span[0])
    return classes


def test_targets_of_the_papers_example(batch):
    decoder = built()
    targets = decoder.targets(batch, UnitWindows.of(batch.cu_units, 128))
    assert targets.shape == (3, 8, 8)
    assert {(unit, other): targets[0, unit, other].item() for unit, other in targets[0].nonzero().tolist()} == {
        (3, 4): 1, (4, 5): 1, (4, 7): 1, (5, 3): 2, (7, 3): 2, (5, 5): 3}
    for row, (length, spans) in enumerate(zip(LENGTHS, GOLD, strict=True)):
        assert targets[row, :length, :length].tolist() == gold_classes(spans, length)
        assert not targets[row, length:].any() and not targets[row, :, length:].any()


def test_loss_equals_the_formula(batch):
    decoder, hidden = built(), hidden_of()
    terms = [-math.log(logits[kind])
             for units, length, spans in zip(hidden.split(LENGTHS), LENGTHS, GOLD, strict=True)
             for row, kinds in zip(logits_of(decoder, units).softmax(2).tolist(), gold_classes(spans, length),
                                   strict=True)
             for logits, kind in zip(row, kinds, strict=True)]
    loss = decoder.loss(hidden, batch)
    assert list(loss) == ['loss_relation']
    assert loss['loss_relation'].item() == pytest.approx(sum(terms) / len(terms), rel=1e-5)
    assert decoder.num_terms(batch) == len(terms) == 64 + 1 + 16


def test_entities_equal_the_formula(batch):
    """Every set of units is tried on the most probable classes of the pairs."""
    decoder, found_any, apart = built(max_chains=1000), 0, 0
    for seed in range(20):
        *predicted, empty = decoder.predict(hidden_of(seed), batch)
        assert empty == []
        for entities, units, sample in zip(predicted, hidden_of(seed).split(LENGTHS), batch.samples, strict=False):
            probs, best = logits_of(decoder, units).softmax(2).max(2)
            expected = {}
            for bits in range(1, 2 ** len(units)):
                chosen = [unit for unit in range(len(units)) if bits >> unit & 1]
                steps = list(zip(chosen, chosen[1:], strict=False))
                kind = best[chosen[-1], chosen[0]].item()
                if kind > 1 and all(best[step] == 1 for step in steps):
                    prob = math.prod(probs[step].item() for step in [*steps, (chosen[-1], chosen[0])])
                    expected[CATEGORIES[kind - 2], (*chosen,)] = prob
            found = {(entity.label, units_of(entity, sample.unit_offsets)): entity.score for entity in entities}
            assert found == pytest.approx(expected, rel=1e-4) and len(found) == len(entities)
            found_any, apart = found_any + len(found), apart + sum(entity.fragments is not None for entity in entities)
    assert found_any > 50 and apart > 10


def test_the_probability_of_gold_equals_the_formula(batch):
    """Discontinuous gold too, and both of two that are the same but for the category."""
    decoder = built()
    *found, empty = decoder.score_gold(hidden_of(), batch)
    assert empty == []
    for entities, units, sample, gold in zip(found, hidden_of().split(LENGTHS), batch.samples, GOLD, strict=False):
        probs, expected = logits_of(decoder, units).softmax(2), {}
        for span in gold:
            chosen = [unit for stretch in stretches_of(span) for unit in range(*stretch)]
            category_prob = probs[chosen[-1], chosen[0], 2 + CATEGORIES.index(span[0])].item()
            expected[span[0], (*chosen,)] = category_prob * math.prod(
                probs[step][1].item() for step in zip(chosen, chosen[1:], strict=False))
        assert {(entity.label, units_of(entity, sample.unit_offsets)): entity.score for entity in entities} == (
            pytest.approx(expected, rel=1e-4)) and len(entities) == len(gold)


def test_gold_in_windows_that_is_predicted_has_the_same_score(pack, sample):
    decoder, batch, hidden = built(max_length=6), pack(sample([1] * 50), sample([1] * 4)), hidden_of(4, 54)
    expected = decoder.predict(hidden, batch)
    for each, found in zip(batch.samples, expected, strict=True):
        each.unit_spans = [entity.span for entity in found]
    assert decoder.score_gold(hidden, batch) == [
        [entity._replace(score=pytest.approx(entity.score)) for entity in found] for found in expected]
    assert len(expected[0]) > 10


def test_gold_that_no_window_holds_has_no_probability(pack, sample):
    """Windows of 6, so 4 units are sure to be seen together and 7 never are."""
    spans = [('pain', first, first + 4) for first in range(16)]
    batch = pack(sample([1] * 20, spans=[*spans, ('place', 3, 10), ('place', 0, 20, ((0, 1), (19, 20)))]))
    found, = built(max_length=6).score_gold(hidden_of(num_units=20), batch)
    assert [entity.span for entity in found] == spans


def units_of(entity: Entity, offsets) -> tuple[int, ...]:
    offsets = [[unit, unit + 1] for unit in range(8)] if offsets is None else offsets.tolist()
    return tuple(unit for unit, (start, end) in enumerate(offsets)
                 if any(begin <= start and end <= stop for begin, stop in entity.stretches))


def learnt_by_heart(build, batch, **changes):
    arguments = SMALL | dict(type='mmner.W2NERDecoder', tag_scheme=None, head_size=8, channels=8) | changes
    model = build(neck='FirstTokenNeck', encoder=dict(hidden_dropout=0.0, attention_dropout=0.0), decoder=arguments)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(200):
        optimizer.zero_grad()
        sum(model(batch, mode='loss').values()).backward()
        optimizer.step()
    with torch.no_grad():
        return [sample.predicted for sample in model.eval()(batch, mode='predict')]


def test_discontinuous_and_nested_entities_learnt_by_heart(build, pack, sample):
    batch = pack(sample([*range(1, 9)], spans=ACHING, unit_offsets=OFFSETS),
                 sample([*range(1, 7)], spans=[('place', 0, 5, ((0, 1), (2, 3), (4, 5))), ('pain', 1, 4)], first_id=20))
    first, second = learnt_by_heart(build, batch)
    assert [entity.span for entity in first] == [
        ('pain', 12, 26), ('pain', 12, 40, ((12, 21), (31, 40))), ('place', 22, 26)]
    text = ' '.join(WORDS)
    assert [[text[start:end] for start, end in entity.stretches] for entity in first] == [
        ['aching in legs'], ['aching in', 'shoulders'], ['legs']]
    assert [entity.span for entity in second] == [('place', 0, 5, ((0, 1), (2, 3), (4, 5))), ('pain', 1, 4)]
    assert all(0.5 < entity.score <= 1 for entity in (*first, *second))


def test_a_text_longer_than_max_length_is_learnt_and_found_in_windows(build, pack, sample):
    """Entities lie wherever windows of 8 begin and end; up to 5 units are sure to be seen."""
    spans = [('pain', first, first + 1 + first % 5) for first in range(0, 40, 3)]
    spans += [('place', first, first + 4, ((first, first + 1), (first + 3, first + 4))) for first in range(1, 36, 7)]
    spans.sort(key=lambda span: span[1:])
    found, = learnt_by_heart(build, pack(sample([*range(1, 46)], spans=spans)), max_length=8, channels=16)
    assert [entity.span for entity in found] == spans


def test_a_sample_does_not_depend_on_its_batch(pack, sample):
    decoder, lengths = built(max_length=6), (17, 0, 2, 6)
    hidden = hidden_of(3, sum(lengths))
    together = decoder.predict(hidden, pack(*(sample([1] * length) for length in lengths)))
    assert sum(map(len, together)) > 10
    for found, units in zip(together, hidden.split(lengths), strict=True):
        alone, = decoder.predict(units, pack(sample([1] * len(units))))
        assert [entity.span for entity in found] == [entity.span for entity in alone]
        assert [entity.score for entity in found] == pytest.approx([entity.score for entity in alone], rel=1e-4)


def test_prediction_in_small_groups_is_the_same(monkeypatch, pack, sample):
    decoder, batch, hidden = built(max_length=6), pack(sample([1] * 50), sample([1] * 4)), hidden_of(4, 54)
    expected = decoder.predict(hidden, batch)
    monkeypatch.setattr('mmner.models.decoders.w2ner_decoder.PAIRS_AT_ONCE', 1)
    found = decoder.predict(hidden, batch)
    assert [[entity.span for entity in entities] for entities in found] == [
        [entity.span for entity in entities] for entities in expected] and expected[0]


def test_forward_is_each_unit_for_itself(batch):
    decoder, hidden = built(), hidden_of()
    values = decoder(hidden)
    assert values.shape == (13, sum(decoder.sizes)) == (13, 6 + 4 + 6 + 4 * 6 + 5)
    torch.testing.assert_close(decoder(hidden[5:6]), values[5:6])


def test_bfloat16(batch):
    decoder, hidden = built(), hidden_of()
    with torch.autocast('cpu', torch.bfloat16):
        loss = decoder.loss(hidden, batch)['loss_relation']
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(decoder.loss(hidden, batch)['loss_relation'].item(), rel=5e-2)
    loss.backward()
    assert all(parameter.grad.isfinite().all() for parameter in decoder.parameters())


def test_certain_entities_score_1_in_numbers_that_json_can_hold(batch):
    found = built().predict(100 * hidden_of(), batch)
    entities = [entity for sample in found for entity in sample]
    assert entities and all(0 < entity.score <= 1 for entity in entities)
    assert all(type(value) is kind for entity in entities
               for value, kind in zip(entity[:4], (str, int, int, float), strict=True))
    assert all(type(place) is int for entity in entities for stretch in entity.stretches for place in stretch)


@pytest.mark.parametrize('arguments', [
    dict(max_length=1), dict(max_chains=0), dict(head_size=0), dict(dilations=())])
def test_mistakes(arguments):
    with pytest.raises(InputError, match='max_length=.*max_chains=.*head_size=.*dilations='):
        W2NERDecoder(hidden_size=6, categories=['a'], **arguments)
