import math

import pytest
import torch
import torch.nn.functional as F

from mmner.models import NERModel
from mmner.models.objectives.r_drop import symmetric_kl
from mmner.registry import MODELS
from mmner.utils import InputError
from tests.models.conftest import model_config
from tests.models.objectives.conftest import without_dropout

R_DROP = dict(type='mmner.RDrop', alpha=0.5)


def test_difference_by_hand():
    """P = (1/4, 3/4), Q = (1/2, 1/2): KL(P, Q) = ln 2 - H(P), KL(Q, P) = ln 4 - ln 3 / 2 - ln 2."""
    first, second = torch.tensor([[0, math.log(3)], [1, 1]]), torch.tensor([[2.0, 2.0], [5, 5]])
    forth = 1 / 4 * math.log(1 / 2) + 3 / 4 * math.log(3 / 2)
    back = 1 / 2 * math.log(2) + 1 / 2 * math.log(2 / 3)
    assert symmetric_kl(first, second).item() == pytest.approx((forth + back) / 2 / 2, rel=1e-6)


def test_difference_equals_torch():
    first, second = torch.randn(2, 9, 7, generator=torch.Generator().manual_seed(0)).unbind()
    log_p, log_q = first.log_softmax(1), second.log_softmax(1)
    expected = sum(F.kl_div(log_a, log_b, log_target=True, reduction='batchmean')
                   for log_a, log_b in ((log_p, log_q), (log_q, log_p))) / 2
    torch.testing.assert_close(symmetric_kl(first, second), expected)


@pytest.mark.parametrize('decoder', ['SoftmaxDecoder', 'CRFDecoder'])
def test_two_passes_with_their_own_dropout(build, batch, decoder):
    """The same two passes by hand, from the same random numbers."""
    model = build(neck='FirstTokenNeck', objective=R_DROP, decoder=dict(type=f'mmner.{decoder}')).train()
    name = 'loss_crf' if decoder == 'CRFDecoder' else 'loss_tag'
    torch.manual_seed(1)
    losses = model(batch, mode='loss')
    torch.manual_seed(1)
    logits, expected = [], []
    model.decoder.register_forward_hook(lambda _, inputs, output: logits.append(output))
    for _ in range(2):
        expected.append(model.decoder_loss(batch)[name])
    assert abs(expected[0] - expected[1]) > 1e-3
    assert list(losses) == [name, 'loss_r_drop']
    torch.testing.assert_close(losses[name], sum(expected) / 2)
    torch.testing.assert_close(losses['loss_r_drop'], 0.5 * symmetric_kl(*logits))
    assert losses['loss_r_drop'] > 0.01


def test_gradient_flows_through_both_passes(build, batch):
    model = build(neck='CharFusionNeck', objective=R_DROP).train()
    model(batch, mode='loss')['loss_r_drop'].backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.isfinite().all() and (parameter.grad.any() or name.endswith('bias')), name


def test_without_dropout_there_is_no_difference(build, batch):
    model, plain = (build(neck='FirstTokenNeck', objective=objective).train() for objective in (R_DROP, None))
    for one in (model, plain):
        without_dropout(one)
    losses = model(batch, mode='loss')
    assert losses['loss_r_drop'] == 0
    assert losses['loss_tag'] == plain(batch, mode='loss')['loss_tag']
    assert not model.decoder._forward_hooks


def test_no_units(build, empty):
    losses = build(neck='FirstTokenNeck', objective=R_DROP).train()(empty, mode='loss')
    sum(losses.values()).backward()
    assert not any(losses.values())


def test_bfloat16_compares_in_float32(build, batch):
    losses = build(neck='FirstTokenNeck', objective=R_DROP, precision='bfloat16').train()(batch, mode='loss')
    assert losses['loss_r_drop'].dtype == torch.float32
    assert losses['loss_r_drop'] > 0.01


def test_a_decoder_without_tags_is_refused():
    spans = dict(type='mmner.EfficientGlobalPointerDecoder', hidden_size=16, categories=['person', 'place'])
    with pytest.raises(InputError, match='RDrop compares the tags of units, which EfficientGlobalPointerDecoder has'):
        NERModel(**model_config(neck='FirstTokenNeck', objective=R_DROP) | dict(decoder=spans))


def test_alpha_above_0():
    with pytest.raises(InputError, match='RDrop: alpha=0 is not above 0'):
        MODELS.build(dict(type='mmner.RDrop', alpha=0))
