import math

import pytest
import torch

from mmner.models.decoders import SoftmaxDecoder
from mmner.structures import Entity

SCHEME = dict(type='BIO', categories=['person', 'place'])


def copying_decoder(**changes) -> SoftmaxDecoder:
    """A decoder whose logits are its input: H = K = 5."""
    decoder = SoftmaxDecoder(hidden_size=5, tag_scheme=SCHEME, dropout=0.0, **changes)
    with torch.no_grad():
        decoder.classifier.weight.copy_(torch.eye(5))
        decoder.classifier.bias.zero_()
    return decoder


def logits_of(tags, margin) -> torch.Tensor:
    """(U, 5) whose softmax gives tag u e^margin / (e^margin + 4)."""
    return torch.nn.functional.one_hot(torch.tensor(tags), 5) * torch.tensor(margin)[:, None]


@pytest.fixture
def batch(pack, sample):
    return pack(sample([1, 2, 3], spans=[('person', 0, 2)]), sample([1, 2], spans=[('place', 1, 2)]))


def test_loss_is_the_mean_over_all_units(batch):
    """Gold is 1 2 0 | 0 3. Where the tag is right the probability is 4/8, where it is wrong 1/8."""
    logits = logits_of([1, 2, 0, 3, 3], [math.log(4)] * 5)
    loss = copying_decoder().loss(logits, batch)
    assert list(loss) == ['loss_tag']
    assert loss['loss_tag'].item() == pytest.approx((4 * math.log(2) + math.log(8)) / 5, abs=1e-6)


def test_predicted_score_is_the_product_over_the_units(batch):
    logits = logits_of([1, 2, 0, 0, 3], [math.log(4), math.log(12), 1.0, 1.0, math.log(36)])
    assert copying_decoder().eval().predict(logits, batch) == [
        [Entity('person', 0, 2, pytest.approx(0.5 * 0.75, abs=1e-6))],
        [Entity('place', 1, 2, pytest.approx(0.9, abs=1e-6))]]


def test_certain_logits_score_1(batch):
    logits = logits_of([1, 2, 0, 3, 4], [1e4] * 5)
    found = copying_decoder().eval().predict(logits, batch)
    assert found == [[Entity('person', 0, 2, 1.0)], [Entity('place', 0, 2, 1.0)]]


def test_the_loss_module_is_a_component(batch):
    logits = logits_of([1, 2, 0, 0, 3], [math.log(4)] * 5)
    loss = copying_decoder(loss_module=dict(type='mmner.FocalLoss', gamma=2.0)).loss(logits, batch)['loss_tag']
    assert loss.item() == pytest.approx(math.log(2) / 4, abs=1e-6)


def test_dropout_only_when_training():
    decoder = SoftmaxDecoder(hidden_size=64, tag_scheme=SCHEME, dropout=0.5)
    hidden = torch.ones(2, 64)
    assert not torch.equal(decoder(hidden)[0], decoder(hidden)[1])
    torch.testing.assert_close(decoder.eval()(hidden), hidden @ decoder.classifier.weight.T + decoder.classifier.bias)
