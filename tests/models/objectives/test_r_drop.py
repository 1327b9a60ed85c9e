import pytest
import torch
from torch.distributions import Categorical, kl_divergence

from mmner.models import NERModel
from mmner.models.objectives.divergence import losses_and_logits
from mmner.registry import MODELS
from mmner.utils import InputError
from tests.models.conftest import model_config, without_dropout
from tests.models.objectives.conftest import decoder_config

R_DROP = dict(type='mmner.RDrop', alpha=0.5)
BOTH_KINDS = pytest.mark.parametrize('decoder', ['SoftmaxDecoder', 'EfficientGlobalPointerDecoder'])


@pytest.mark.parametrize(('decoder', 'name', 'num_terms'), [
    ('SoftmaxDecoder', 'loss_tag', 7), ('CRFDecoder', 'loss_crf', 7), ('SpanDecoder', 'loss_span', 7),
    ('BiaffineDecoder', 'loss_span', 16), ('GlobalPointerDecoder', 'loss_span', 2 * 2),
    ('EfficientGlobalPointerDecoder', 'loss_span', 2 * 2)])
def test_two_passes_with_their_own_dropout(build, batch, decoder, name, num_terms):
    """The same two passes by hand, from the same random numbers; 4 and 3 units, of which 16 spans."""
    model = build(neck='FirstTokenNeck', objective=R_DROP, decoder=decoder_config(decoder)).train()
    torch.manual_seed(1)
    losses = model(batch, mode='loss')
    torch.manual_seed(1)
    (first, first_logits), (second, second_logits) = (losses_and_logits(model, batch) for _ in range(2))
    assert abs(first[name] - second[name]) > 1e-3
    assert list(losses) == [name, 'loss_r_drop']
    torch.testing.assert_close(losses[name], (first[name] + second[name]) / 2)
    p, q = Categorical(logits=first_logits), Categorical(logits=second_logits)
    expected = (kl_divergence(p, q) + kl_divergence(q, p)).sum() / 2 / num_terms
    torch.testing.assert_close(losses['loss_r_drop'], 0.5 * expected)
    assert losses['loss_r_drop'] > 0.01


@BOTH_KINDS
def test_gradient_flows_through_both_passes(build, pack, sample, decoder):
    """Also with padding and a sample without units."""
    model = build(neck='CharFusionNeck', objective=R_DROP, decoder=decoder_config(decoder)).train()
    batch = pack(sample([1, 2, 3, 4], spans=[('person', 0, 2)]), sample([]), sample([1]))
    model(batch, mode='loss')['loss_r_drop'].backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.isfinite().all() and (parameter.grad.any() or name.endswith('bias')), name


@BOTH_KINDS
def test_without_dropout_there_is_no_difference(build, batch, decoder):
    model, plain = (build(neck='FirstTokenNeck', objective=objective, decoder=decoder_config(decoder)).train()
                    for objective in (R_DROP, None))
    for one in (model, plain):
        without_dropout(one)
    losses = model(batch, mode='loss')
    assert losses.pop('loss_r_drop') == 0
    assert losses == plain(batch, mode='loss')


@BOTH_KINDS
def test_no_units(build, empty, decoder):
    model = build(neck='FirstTokenNeck', objective=R_DROP, decoder=decoder_config(decoder)).train()
    losses = model(empty, mode='loss')
    sum(losses.values()).backward()
    assert not any(losses.values())


@BOTH_KINDS
def test_bfloat16_compares_in_float32(build, batch, decoder):
    model = build(neck='FirstTokenNeck', objective=R_DROP, precision='bfloat16', decoder=decoder_config(decoder))
    losses = model.train()(batch, mode='loss')
    assert losses['loss_r_drop'].dtype == torch.float32
    assert losses['loss_r_drop'] > 0.01


def test_a_decoder_that_gives_no_decisions_is_refused():
    decoder = dict(type='mmner.W2NERDecoder', hidden_size=16, categories=['person', 'place'])
    with pytest.raises(InputError, match='RDrop compares decisions, which W2NERDecoder does not give') as error:
        NERModel(**model_config(neck='FirstTokenNeck', objective=R_DROP) | dict(decoder=decoder))
    assert '\n' not in str(error.value)


def test_alpha_above_0():
    with pytest.raises(InputError, match='RDrop: alpha=0 is not above 0'):
        MODELS.build(dict(type='mmner.RDrop', alpha=0))
