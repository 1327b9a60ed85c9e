"""Loss and entities against the formulas of the paper, over all pairs in plain Python."""
import math

import pytest
import torch

from mmner.models import decoders
from mmner.models.decoders import BaseDecoder
from mmner.models.losses import BinaryCrossEntropyLoss
from mmner.utils import InputError
from tests.models.decoders.conftest import CATEGORIES, GOLD, LENGTHS, hidden_of


@pytest.fixture(params=['EfficientGlobalPointerDecoder', 'GlobalPointerDecoder'])
def decoder(request) -> BaseDecoder:
    torch.manual_seed(0)
    decoder = getattr(decoders, request.param)(hidden_size=6, categories=CATEGORIES, head_size=4, dropout=0.0)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.copy_(torch.randn_like(parameter))
    return decoder


def turned(vector: list[float], place: int) -> list[float]:
    """Rotary position in plain Python: pairs of values as complex numbers."""
    values = [complex(*vector[at:at + 2]) * complex(math.cos(angle), math.sin(angle))
              for at in range(0, len(vector), 2) for angle in [place / 10000 ** (at / len(vector))]]
    return [part for value in values for part in (value.real, value.imag)]


def product(one, other) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def efficient_score(decoder, first: int, last: int, vectors: list, category: int) -> float:
    """The vector of a unit is [query; key]; weights of a first unit come before those of a last."""
    weights, biases = decoder.classifier.weight.tolist(), decoder.classifier.bias.tolist()
    return (product(turned(vectors[first][:4], first), turned(vectors[last][4:], last)) / 4 ** 0.5
            + product(weights[category], vectors[first]) + biases[category]
            + product(weights[2 + category], vectors[last]) + biases[2 + category])


def plain_score(decoder, first: int, last: int, vectors: list, category: int) -> float:
    """The vector of a unit is [query of person; query of place; key of person; key of place]."""
    query, key = vectors[first][4 * category:][:4], vectors[last][8 + 4 * category:][:4]
    return product(turned(query, first), turned(key, last)) / 4 ** 0.5


def scores_of(decoder, hidden: torch.Tensor) -> list[dict[tuple, float]]:
    """For each sample, the score of every (label, start, end)."""
    score = efficient_score if hasattr(decoder, 'classifier') else plain_score
    samples = []
    for units in hidden.split(LENGTHS):
        vectors = (units @ decoder.query_key.weight.T + decoder.query_key.bias).tolist()
        samples.append({(label, first, last + 1): score(decoder, first, last, vectors, category)
                        for category, label in enumerate(CATEGORIES)
                        for first in range(len(vectors)) for last in range(first, len(vectors))})
    return samples


def test_loss_equals_the_formula(decoder, batch):
    hidden = hidden_of()
    terms = []
    for scores, gold in zip(scores_of(decoder, hidden), GOLD, strict=True):
        for label in CATEGORIES:
            own = {span: score for span, score in scores.items() if span[0] == label}
            terms.append(math.log(1 + sum(math.exp(score) for span, score in own.items() if span not in gold)) +
                         math.log(1 + sum(math.exp(-own[span]) for span in gold if span in own)))
    loss = decoder.loss(hidden, batch)
    assert list(loss) == ['loss_span']
    assert loss['loss_span'].item() == pytest.approx(sum(terms) / len(terms), rel=1e-5)
    assert decoder.num_terms(batch) == len(terms) == 6


def test_entities_equal_the_formula(decoder, batch):
    found_any = 0
    for seed in range(5):
        hidden = hidden_of(seed)
        *predicted, empty = decoder.eval().predict(hidden, batch)
        assert empty == []
        for entities, scores in zip(predicted, scores_of(decoder, hidden), strict=True):
            assert {entity.span for entity in entities} == {span for span, score in scores.items() if score > 0}
            for entity in entities:
                assert entity.score == pytest.approx(1 / (1 + math.exp(-scores[entity.span])), abs=1e-6)
                found_any += 1
    assert 10 < found_any < 5 * 2 * (6 + 1 + 10)


def test_the_probability_of_any_gold_equals_the_formula(decoder, pack, sample):
    """Every span there is, also of scores below 0."""
    scores = scores_of(decoder, hidden_of())
    batch = pack(*(sample(list(range(1, length + 1)), spans=list(own))
                   for length, own in zip(LENGTHS, scores, strict=True)), sample([]))
    *found, empty = decoder.eval().score_gold(hidden_of(), batch)
    assert empty == []
    for entities, own in zip(found, scores, strict=True):
        assert {entity.span: entity.score for entity in entities} == pytest.approx(
            {span: 1 / (1 + math.exp(-score)) for span, score in own.items()}, abs=1e-6)


def test_forward_holds_every_weight(decoder, batch):
    """Each unit for itself; the rest of the way needs no weights."""
    hidden = hidden_of()
    values = decoder.eval()(hidden)
    assert values.shape == (8, 2 * 4 + 2 * 2 if hasattr(decoder, 'classifier') else 2 * 2 * 4)
    torch.testing.assert_close(decoder(hidden[5:6]), values[5:6])
    expected = decoder.predict(hidden, batch)
    decoder.forward = lambda hidden: values
    decoder.query_key = decoder.classifier = None
    assert decoder.predict(hidden, batch) == expected


@pytest.mark.parametrize('head_size', [0, 7])
def test_an_odd_head_is_refused(decoder, head_size):
    with pytest.raises(InputError, match=f'head_size={head_size}: .* even'):
        type(decoder)(hidden_size=6, categories=CATEGORIES, head_size=head_size)


def test_binary_cross_entropy_counts_the_same_pairs(decoder, batch):
    hidden, decoder.loss_module = hidden_of(), BinaryCrossEntropyLoss()
    terms = [math.log1p(math.exp(-score if span in gold else score))
             for scores, gold in zip(scores_of(decoder, hidden), GOLD, strict=True) for span, score in scores.items()]
    assert decoder.loss(hidden, batch)['loss_span'].item() == pytest.approx(sum(terms) / 6, rel=1e-5)


@pytest.mark.parametrize(('categories', 'message'), [
    (['person', 'person'], 'categories name person more than once'), ([], r'categories=\[\] names no category'),
    ('person', "categories='person' names no category")])
def test_what_are_no_categories(categories, message):
    with pytest.raises(InputError, match=message):
        decoders.GlobalPointerDecoder(hidden_size=6, categories=categories)
