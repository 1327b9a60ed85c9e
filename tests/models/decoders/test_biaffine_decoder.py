"""Loss and entities against the formula of the paper, over all pairs in plain Python."""
import math

import numpy as np
import pytest
import torch

from mmner.models.decoders import BiaffineDecoder, NestedSpans
from mmner.utils import InputError
from tests.models.decoders.conftest import CATEGORIES, GOLD, LENGTHS, hidden_of
from tests.models.decoders.test_span_selection import crosses


@pytest.fixture
def decoder() -> BiaffineDecoder:
    torch.manual_seed(0)
    decoder = BiaffineDecoder(hidden_size=6, categories=CATEGORIES, head_size=5, dropout=0.0)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.copy_(torch.randn_like(parameter))
    return decoder


def probs_of(decoder, hidden: torch.Tensor) -> list[dict[tuple, list[float]]]:
    """For each sample, the probability of every class for every (first unit, end unit).

    Written as in the paper: s U_c e, plus weights over s and e, plus a bias.
    """
    table = torch.cat([decoder.biaffine.weight, decoder.biaffine.bias[:, None]], dim=1).view(3, 6, 6).double()
    product, over_end = table[:, :5, :5].transpose(1, 2), table[:, :5, 5]       # (C, s, e), (C, e)
    over_start, bias = table[:, 5, :5], table[:, 5, 5]                          # (C, s), (C,)
    samples = []
    for units in hidden.split(LENGTHS):
        starts, ends = (torch.nn.functional.leaky_relu(units @ part[0].weight.T + part[0].bias, 0.1).double()
                        for part in (decoder.start, decoder.end))
        samples.append({
            (first, last + 1): torch.stack([
                start @ product[c] @ end + start @ over_start[c] + end @ over_end[c] + bias[c] for c in range(3)
            ]).softmax(0).tolist()
            for first, start in enumerate(starts) for last, end in enumerate(ends) if first <= last})
    return samples


def test_loss_equals_the_formula(decoder, batch):
    hidden = hidden_of()
    terms = [-math.log(classes[next((1 + CATEGORIES.index(label) for label, *place in gold if place == [*span]), 0)])
             for probs, gold in zip(probs_of(decoder, hidden), GOLD, strict=True) for span, classes in probs.items()]
    loss = decoder.loss(hidden, batch)
    assert list(loss) == ['loss_span']
    assert loss['loss_span'].item() == pytest.approx(sum(terms) / len(terms), rel=1e-5)
    assert decoder.num_terms(batch) == len(terms) == 6 + 1 + 10


def test_entities_equal_the_formula(decoder, batch):
    found_any = dropped_any = 0
    for seed in range(10):
        *predicted, empty = decoder.eval().predict(hidden_of(seed), batch)
        assert empty == []
        for entities, probs in zip(predicted, probs_of(decoder, hidden_of(seed)), strict=True):
            candidates = sorted((-max(classes), span) for span, classes in probs.items() if max(classes) != classes[0])
            kept = []
            for _, span in candidates:
                if not any(crosses(span, other) for other in kept):
                    kept.append(span)
            assert [entity.span[1:] for entity in entities] == sorted(kept)
            for entity in entities:
                classes = probs[entity.span[1:]]
                assert entity.label == CATEGORIES[classes.index(max(classes)) - 1]
                assert entity.score == pytest.approx(max(classes), abs=1e-5)
            found_any, dropped_any = found_any + len(kept), dropped_any + len(candidates) - len(kept)
    assert found_any > 20 and dropped_any > 5


def test_the_probability_of_any_gold_equals_the_formula(decoder, pack, sample):
    """Every span of both categories, though prediction finds one category at most and none that cross."""
    probs = probs_of(decoder, hidden_of())
    batch = pack(*(sample(list(range(1, length + 1)), spans=[(label, *span) for label in CATEGORIES for span in own])
                   for length, own in zip(LENGTHS, probs, strict=True)))
    for entities, own in zip(decoder.eval().score_gold(hidden_of(), batch), probs, strict=True):
        assert {entity.span: entity.score for entity in entities} == pytest.approx(
            {(label, *span): classes[1 + category] for span, classes in own.items()
             for category, label in enumerate(CATEGORIES)}, abs=1e-5)


def test_equal_gold_spans_learn_the_first_category(decoder, pack, sample):
    hidden = torch.randn(2, 6, generator=torch.Generator().manual_seed(0))
    both, one = (decoder.loss(hidden, pack(sample([1, 2], spans=spans)))['loss_span'].item() for spans in (
        [('place', 0, 2), ('person', 0, 2)], [('person', 0, 2)]))
    assert both == one


def test_forward_holds_every_weight(decoder, batch):
    """Each unit for itself; the rest of the way needs no weights."""
    hidden = hidden_of()
    values = decoder.eval()(hidden)
    assert values.shape == (8, 3 * 6 + 5)
    torch.testing.assert_close(decoder(hidden[5:6]), values[5:6])
    expected = decoder.predict(hidden, batch)
    decoder.forward = lambda hidden: values
    decoder.start = decoder.end = decoder.biaffine = None
    assert decoder.predict(hidden, batch) == expected


def test_long_texts_go_in_blocks(decoder, pack, sample):
    """What is found is what the whole grid holds, but for the spans of more than max_width units."""
    batch = pack(sample([1] * 300))
    hidden = 0.1 * torch.randn(300, 6, generator=torch.Generator().manual_seed(2))      # no probability is 1
    scores = decoder.eval().decide(hidden, batch)[0][0].detach()                          # (C, 300, 300)
    decoder.max_width = 40
    narrow = torch.ones(300, 300, dtype=torch.bool).triu().tril(39)
    first, last = (narrow & (scores.argmax(0) > 0)).nonzero().unbind(1)
    probs = scores.double().softmax(0).max(0).values[first, last].numpy()
    spans = np.stack([first.numpy(), last.numpy() + 1], axis=1)
    kept = spans[NestedSpans()(spans, probs, 300)]
    found = decoder.predict(hidden, batch)[0]
    assert {entity.span[1:] for entity in found} == {tuple(span) for span in kept.tolist()} and len(found) > 50


def test_certain_spans_score_1(decoder, batch):
    found = decoder.eval().predict(1e4 * hidden_of(), batch)
    scores = [entity.score for entities in found for entity in entities]
    assert scores and all(score == 1.0 for score in scores)
    assert all(type(value) is kind for entities in found for entity in entities
               for value, kind in zip(entity[:4], (str, int, int, float), strict=True))


def test_a_head_without_values():
    with pytest.raises(InputError, match='BiaffineDecoder: head_size=0; it is at least 1'):
        BiaffineDecoder(hidden_size=6, categories=CATEGORIES, head_size=0)
