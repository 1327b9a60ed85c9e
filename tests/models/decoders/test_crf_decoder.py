from itertools import pairwise, product

import numpy as np
import pytest
import torch
from torchcrf import CRF

from mmner.models.decoders import CRFDecoder
from mmner.structures import PackedBatch

CATEGORIES = ['person', 'place']
SCHEMES = ['BIO', 'BIOES', 'BMES', 'BILOU']
LENGTHS = (3, 1, 4)
GOLD = ([('person', 0, 2)], [('place', 0, 1)], [('place', 1, 3), ('person', 3, 4)])


def decoder_of(scheme: str) -> CRFDecoder:
    """A decoder whose emissions are its input: H = K."""
    torch.manual_seed(0)
    tag_scheme = dict(type=scheme, categories=CATEGORIES)
    size = CRFDecoder(hidden_size=1, tag_scheme=tag_scheme).tag_scheme.num_tags
    decoder = CRFDecoder(hidden_size=size, tag_scheme=tag_scheme, dropout=0.0)
    with torch.no_grad():
        decoder.classifier.weight.copy_(torch.eye(size))
        decoder.classifier.bias.zero_()
        for parameter in (decoder.transitions, decoder.start, decoder.end):
            parameter.copy_(torch.randn_like(parameter))
    return decoder


@pytest.fixture
def batch(pack, sample) -> PackedBatch:
    return pack(*(sample(list(range(1, length + 1)), spans=spans) for length, spans in zip(LENGTHS, GOLD, strict=True)))


def hidden_of(decoder: CRFDecoder) -> torch.Tensor:
    return torch.randn(sum(LENGTHS), decoder.tag_scheme.num_tags, generator=torch.Generator().manual_seed(1))


def paths_of(decoder: CRFDecoder, emissions: torch.Tensor) -> dict[tuple, float]:
    """Every path that the scheme allows, and its probability, by summing all."""
    scheme, transitions, start, end = decoder.tag_scheme, decoder.transitions, decoder.start, decoder.end
    scores = {}
    for path in product(range(scheme.num_tags), repeat=len(emissions)):
        if scheme.allowed_start[path[0]] and scheme.allowed_end[path[-1]] and all(
                scheme.allowed[step] for step in pairwise(path)):
            scores[path] = (start[path[0]] + end[path[-1]] + sum(transitions[step] for step in pairwise(path)) +
                            sum(emissions[place, tag] for place, tag in enumerate(path))).item()
    every = np.logaddexp.reduce(list(scores.values()))
    return {path: np.exp(score - every) for path, score in scores.items()}


def entities_of(decoder: CRFDecoder, path: tuple) -> set[tuple]:
    spans = decoder.tag_scheme.decode(np.array(path), np.array([0, len(path)]))
    return {(CATEGORIES[category], start, end) for category, start, end in spans.tolist()}


@pytest.mark.parametrize('scheme', SCHEMES)
def test_loss_equals_brute_force(scheme, batch):
    decoder = decoder_of(scheme)
    hidden = hidden_of(decoder)
    gold = decoder.targets(batch).split(LENGTHS)
    expected = -sum(np.log(paths_of(decoder, emissions)[tuple(path.tolist())])
                    for emissions, path in zip(hidden.split(LENGTHS), gold, strict=True)) / sum(LENGTHS)
    assert decoder.loss(hidden, batch)['loss_crf'].item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize('scheme', SCHEMES)
def test_entities_and_their_probabilities_equal_brute_force(scheme, batch):
    decoder = decoder_of(scheme).eval()
    found_any = 0
    for seed in range(5):
        hidden = torch.randn(sum(LENGTHS), decoder.tag_scheme.num_tags, generator=torch.Generator().manual_seed(seed))
        for entities, emissions in zip(decoder.predict(hidden, batch), hidden.split(LENGTHS), strict=True):
            paths = paths_of(decoder, emissions)
            assert {entity.span for entity in entities} == entities_of(decoder, max(paths, key=paths.get))
            for entity in entities:
                expected = sum(p for path, p in paths.items() if entity.span in entities_of(decoder, path))
                assert entity.score == pytest.approx(expected, abs=1e-6)
                found_any += 1
    assert found_any > 10


@pytest.mark.parametrize('scheme', SCHEMES)
def test_the_probability_of_any_gold_equals_brute_force(scheme, pack, sample):
    """Every entity there can be in four units, alone and beside another one, probable or not."""
    decoder = decoder_of(scheme).eval()
    emissions = hidden_of(decoder)[:4]
    paths = paths_of(decoder, emissions)
    spans = [(label, first, end) for label in CATEGORIES for first in range(4) for end in range(first + 1, 5)]
    expected = {span: sum(p for path, p in paths.items() if span in entities_of(decoder, path)) for span in spans}
    gold = [[span] for span in spans] + [[one, other] for one in spans for other in spans if one[2] <= other[1]]
    found = decoder.score_gold(emissions.repeat(len(gold), 1), pack(*(sample([1, 2, 3, 4], spans=own) for own in gold)))
    assert [[entity.span for entity in entities] for entities in found] == gold
    for entity in (entity for entities in found for entity in entities):
        assert entity.score == pytest.approx(expected[entity.span], abs=1e-6)
    assert min(expected.values()) < 0.01 and max(expected.values()) > 0.1


def test_impossible_gold_in_a_long_text(pack, sample):
    """All units are certain of O, the last of a person: impossible gold is 0 and spoils no other."""
    decoder, hidden = decoder_of('BIO').eval(), torch.zeros(500, 5)
    hidden[:, 0], hidden[499, 1] = 1e4, 2e4
    batch = pack(sample([*range(1, 501)], spans=[('place', 0, 400), ('person', 499, 500)]))
    assert [entity.score for entity in decoder.score_gold(hidden, batch)[0]] == [0.0, pytest.approx(1.0)]


def test_equals_pytorch_crf_where_nothing_is_forbidden(batch):
    decoder = decoder_of('BIO')
    for mask in (decoder.allowed, decoder.allowed_start, decoder.allowed_end):
        mask.fill_(True)
    theirs = CRF(5, batch_first=True)
    with torch.no_grad():
        theirs.transitions.copy_(decoder.transitions)
        theirs.start_transitions.copy_(decoder.start)
        theirs.end_transitions.copy_(decoder.end)
    for seed in range(20):
        hidden = 3 * torch.randn(sum(LENGTHS), 5, generator=torch.Generator().manual_seed(seed))
        grid = torch.nn.utils.rnn.pad_sequence(hidden.split(LENGTHS), batch_first=True)
        mask = torch.arange(4) < torch.tensor(LENGTHS)[:, None]
        gold = torch.nn.utils.rnn.pad_sequence(decoder.targets(batch).split(LENGTHS), batch_first=True)
        ours = decoder.loss(hidden, batch)['loss_crf'] * sum(LENGTHS)
        torch.testing.assert_close(ours, -theirs(grid, gold, mask=mask))
        own_gradient, = torch.autograd.grad(ours, decoder.transitions)
        their_gradient, = torch.autograd.grad(-theirs(grid, gold, mask=mask), theirs.transitions)
        torch.testing.assert_close(own_gradient, their_gradient, atol=1e-4, rtol=1e-4)
        paths = [tag for path in theirs.decode(grid, mask=mask) for tag in path]
        spans = decoder.tag_scheme.decode(np.array(paths), batch.cu_units.numpy())
        assert sum(map(len, decoder.predict(hidden, batch))) == len(spans)
        assert [entity.span for entities in decoder.predict(hidden, batch) for entity in entities] == [
            (CATEGORIES[category], start - shift, end - shift) for category, start, end in spans.tolist()
            for shift in [batch.cu_units[np.searchsorted(batch.cu_units.numpy(), start, side='right') - 1].item()]]


def test_forbidden_steps_get_no_gradient_and_no_probability(batch):
    decoder = decoder_of('BIO')
    decoder.loss(hidden_of(decoder), batch)['loss_crf'].backward()
    assert not decoder.transitions.grad[~decoder.allowed].any()
    assert not decoder.start.grad[~decoder.allowed_start].any()
    inside = torch.zeros(sum(LENGTHS), 5)
    inside[:, 2] = 50.0                                     # I-person everywhere, also where nothing has begun
    found = decoder.eval().predict(inside, batch)
    assert [entity.span for entity in found[0]] == [('person', 0, 3)]       # the first must be B-person
    assert [entity.span for entity in found[2]] == [('person', 0, 4)]
