"""Differences of distributions by hand and by torch.distributions; the decisions of every kind of decoder."""
import math

import pytest
import torch
from torch.distributions import Bernoulli, Categorical, kl_divergence

from mmner.models import decoders
from mmner.models.decoders.span_base import yes_or_no
from mmner.models.objectives.divergence import logits_of, losses_and_logits, mean_choice, softened_kl, symmetric_kl
from tests.models.objectives.conftest import decoder_config

DECODERS = ['SoftmaxDecoder', 'CRFDecoder', 'SpanDecoder', 'BiaffineDecoder', 'GlobalPointerDecoder',
            'EfficientGlobalPointerDecoder']
POINTERS = DECODERS[4:]


@pytest.fixture
def model(request, build):
    return build(neck='FirstTokenNeck', decoder=decoder_config(request.param)).train()


def two(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(2, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64).mul(4).unbind()


def test_symmetric_by_hand():
    """P = (1/4, 3/4), Q = (1/2, 1/2): KL(P, Q) = ln 2 - H(P), KL(Q, P) = ln 4 - ln 3 / 2 - ln 2."""
    first, second = torch.tensor([[0, math.log(3)], [1, 1]]), torch.tensor([[2.0, 2.0], [5, 5]])
    forth = 1 / 4 * math.log(1 / 2) + 3 / 4 * math.log(3 / 2)
    back = 1 / 2 * math.log(2) + 1 / 2 * math.log(2 / 3)
    assert symmetric_kl(first, second).item() == pytest.approx((forth + back) / 2, rel=1e-6)


def test_softened_by_hand():
    """At temperature 2 the teacher says (1/4, 3/4), the student (1/2, 1/2)."""
    teacher, student = torch.tensor([[0.0, 2 * math.log(3)]]), torch.zeros(1, 2)
    expected = 4 * (0.25 * math.log(0.5) + 0.75 * math.log(1.5))
    assert softened_kl(teacher, student, 2.0).item() == pytest.approx(expected, rel=1e-6)


def test_of_tags_equals_torch():
    first, second = two(9, 7)
    p, q = Categorical(logits=first), Categorical(logits=second)
    torch.testing.assert_close(symmetric_kl(first, second), (kl_divergence(p, q) + kl_divergence(q, p)).sum() / 2)
    p, q = Categorical(logits=first / 3), Categorical(logits=second / 3)
    torch.testing.assert_close(softened_kl(first, second, 3.0), 9 * kl_divergence(p, q).sum())


def test_mean_by_hand():
    """At temperature 2 one says (1/4, 3/4), the other (1/2, 1/2)."""
    mean = mean_choice([torch.tensor([[0.0, 2 * math.log(3)]]), torch.ones(1, 2)], 2.0)
    torch.testing.assert_close((mean / 2).softmax(dim=1), torch.tensor([[0.375, 0.625]]))


def test_mean_of_one():
    logits, _ = two(9, 7)
    torch.testing.assert_close(mean_choice([logits], 3.0).softmax(dim=1), logits.softmax(dim=1))


def test_of_spans_equals_torch_and_the_short_form():
    first, second = two(2, 3, 4, 4)
    p, q = Bernoulli(logits=first), Bernoulli(logits=second)
    symmetric = symmetric_kl(yes_or_no(first), yes_or_no(second))
    torch.testing.assert_close(symmetric, (kl_divergence(p, q) + kl_divergence(q, p)).sum() / 2)
    torch.testing.assert_close(symmetric, ((first.sigmoid() - second.sigmoid()) * (first - second)).sum() / 2)
    p, q = Bernoulli(logits=first / 3), Bernoulli(logits=second / 3)
    torch.testing.assert_close(softened_kl(yes_or_no(first), yes_or_no(second), 3.0), 9 * kl_divergence(p, q).sum())


@pytest.mark.parametrize('size', [30.0, 1e4])
def test_sure_spans(size):
    """Sure and agreed costs nothing, sure and contrary as much as the student is sure; every gradient is finite."""
    scores = torch.tensor([size, -size, size, -size], requires_grad=True)
    other = torch.tensor([size, -size, -size, size])
    for difference in (softened_kl(yes_or_no(other), yes_or_no(scores), 1.0),
                       symmetric_kl(yes_or_no(other), yes_or_no(scores))):
        assert difference.item() == pytest.approx(2 * size, rel=1e-5)
        gradient, = torch.autograd.grad(difference, scores)
        assert gradient.isfinite().all()
        assert gradient[:2].abs().max() < 1e-6 and gradient[2] > 0.4 and gradient[3] < -0.4


@pytest.mark.parametrize('model', DECODERS, indirect=True)
def test_one_pass_gives_the_losses_and_the_decisions(model, batch):
    """The same numbers as two passes from the same random numbers, from one call of encoder and decoder."""
    calls = []
    handles = [part.register_forward_hook(lambda *_: calls.append(1)) for part in (model.encoder, model.decoder)]
    torch.manual_seed(1)
    losses, logits = losses_and_logits(model, batch)
    assert len(calls) == 2
    for handle in handles:
        handle.remove()
    torch.manual_seed(1)
    assert losses == model.decoder_loss(batch)
    torch.manual_seed(1)
    torch.testing.assert_close(logits_of(model, batch), logits, rtol=0, atol=0)


@pytest.mark.parametrize('model', POINTERS, indirect=True)
def test_decisions_are_the_spans_of_each_sample_in_each_category(model, batch):
    """4 and 3 units: (10 + 6) spans of 2 categories; padding and pairs in the wrong order are none."""
    model.eval()
    hidden = model(batch)
    _, logits = losses_and_logits(model, batch)
    scores = model.decoder.decide(hidden, batch)[0]
    expected = [scores[row, category, first, last].item() for row, length in enumerate((4, 3))
                for first in range(length) for last in range(first, length) for category in range(2)]
    assert logits.shape == (32, 2)
    assert (logits[:, 0] - logits[:, 1]).tolist() == expected


@pytest.mark.parametrize(('model', 'number', 'num_choices'), [
    ('SoftmaxDecoder', 7, 5), ('CRFDecoder', 7, 5), ('SpanDecoder', 7 * 4, 2), ('BiaffineDecoder', 16, 3)],
    indirect=['model'])
def test_decisions_of_other_decoders(model, batch, number, num_choices):
    assert losses_and_logits(model, batch)[1].shape == (number, num_choices)


def test_mmocr_decides_on_tokens(build, batch):
    model = build(decoder=dict(type='mmner.MMOCRSoftmaxDecoder'))
    assert losses_and_logits(model, batch)[1].shape == (len(batch.input_ids), 5)
    assert model.decoder.decision_kind == 'tags O, B-person, I-person, B-place, I-place of tokens'


def test_kinds_of_decoders_decide_differently():
    span_kinds = [getattr(decoders, name)(hidden_size=4, categories=['person', 'place']).decision_kind
                  for name in DECODERS[2:]]
    assert span_kinds == ['first and last units of person, place',
                          'no entity or one category of person, place for each span of up to 512 units',
                          *2 * ['spans of up to 512 units of person, place']]
