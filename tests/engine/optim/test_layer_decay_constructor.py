"""Rates worked out by hand for encoders of two layers."""
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from torch import nn

from mmner.registry import MODELS
from mmner.utils import InputError
from tests.runs import ROOT


def build(**encoder) -> nn.Module:
    sizes = dict(vocab_size=40, hidden_size=8, num_layers=2, num_heads=2, intermediate_size=12, max_length=64)
    return MODELS.build(dict(
        type='mmner.NERModel', encoder=dict(type='mmner.BertEncoder', **sizes | encoder),
        neck=dict(type='mmner.CharFusionNeck', hidden_size=8, embedding_size=encoder.get('embedding_size', 8)),
        decoder=dict(type='mmner.SoftmaxDecoder', hidden_size=8,
                     tag_scheme=dict(type='BIO', categories=['person', 'place']))))


def groups_of(model: nn.Module, constructor: str = 'LayerDecayConstructor', *, lr: float | None = 0.1,
              **paramwise_cfg) -> list[dict]:
    init_default_scope('mmner')
    optimizer = dict(type='AdamW', weight_decay=0.01) | (dict(lr=lr) if lr else {})
    return build_optim_wrapper(model, dict(
        type='OptimWrapper', constructor=constructor, optimizer=optimizer,
        paramwise_cfg=paramwise_cfg)).optimizer.param_groups


def setting_of(model: nn.Module, groups: list[dict], key: str) -> dict[str, float]:
    """A hyper-parameter of each parameter, by its name; a parameter that is twice in the groups fails."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    found = [(names[parameter], group[key]) for group in groups for parameter in group['params']]
    assert len(found) == len(dict(found)) == len(names)
    return dict(found)


def rate_of(name: str, rates: dict[str, float]) -> float:
    return next(rate for prefix, rate in rates.items() if name.startswith(prefix))


@pytest.mark.parametrize(('encoder', 'rates'), [
    ({}, {'encoder.layers.1.': 0.05, 'encoder.layers.0.': 0.025, 'encoder.embeddings.': 0.0125,
          'neck.': 0.1, 'decoder.': 0.1}),
    (dict(embedding_size=4), {'encoder.layers.1.': 0.05, 'encoder.layers.0.': 0.025, 'encoder.embeddings.': 0.0125,
                              'neck.': 0.1, 'decoder.': 0.1}),
    (dict(shared_layers=True, embedding_size=4), {'encoder.layers.0.': 0.05, 'encoder.embeddings.': 0.025,
                                                  'neck.': 0.1, 'decoder.': 0.1})], ids=str)
def test_rates_by_hand(encoder, rates):
    model = build(**encoder)
    groups = groups_of(model, layer_decay_rate=0.5)
    found = setting_of(model, groups, 'lr')
    assert found == {name: pytest.approx(rate_of(name, rates), rel=1e-12) for name in found}
    assert len(groups) == len(set(rates.values()))


def test_other_rules_go_on_beside_it():
    """The rate of a custom key is multiplied; what decays is what mmengine lets decay."""
    model = build()
    rules = dict(norm_decay_mult=0, bias_decay_mult=0, custom_keys={
        'decoder': dict(lr_mult=10), 'neck': dict(lr_mult=10), 'layers.0.intermediate': dict(lr_mult=3)})
    theirs = groups_of(model, 'DefaultOptimWrapperConstructor', **rules)
    ours = groups_of(model, layer_decay_rate=0.5, **rules)
    assert setting_of(model, ours, 'weight_decay') == setting_of(model, theirs, 'weight_decay')
    rates = setting_of(model, ours, 'lr')
    assert rates['decoder.classifier.weight'] == rates['neck.place.weight'] == pytest.approx(1.0)
    assert rates['encoder.layers.0.intermediate.weight'] == pytest.approx(0.075)
    assert rates['encoder.layers.0.output.weight'] == pytest.approx(0.025)
    assert len(ours) == 2 * 3 + 1 + 1, 'decaying or not at three depths, the custom one, the head'


def test_rate_1_is_merged_groups():
    model = build()
    ours, theirs = (groups_of(model, f'{name}Constructor', norm_decay_mult=0, **rate)
                    for name, rate in (('LayerDecay', dict(layer_decay_rate=1)), ('MergedGroups', {})))
    assert len(ours) == len(theirs) == 2
    assert setting_of(model, ours, 'lr') == setting_of(model, theirs, 'lr')


def test_a_step_goes_as_far_as_the_rates_say():
    model = build()
    init_default_scope('mmner')
    wrapper = build_optim_wrapper(model, dict(
        type='OptimWrapper', constructor='LayerDecayConstructor', optimizer=dict(type='SGD', lr=0.1),
        paramwise_cfg=dict(layer_decay_rate=0.5)))
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    wrapper.step()
    moved = {name: (before[name] - parameter).mean().item() for name, parameter in model.named_parameters()}
    assert moved['encoder.embeddings.word.weight'] == pytest.approx(0.0125, rel=1e-4)
    assert moved['encoder.layers.0.output.weight'] == pytest.approx(0.025, rel=1e-4)
    assert moved['encoder.layers.1.output_norm.bias'] == pytest.approx(0.05, rel=1e-4)
    assert moved['decoder.classifier.bias'] == pytest.approx(0.1, rel=1e-4)


def test_frozen_weights_are_left_out():
    model = build()
    model.encoder.embeddings.requires_grad_(False)
    groups = groups_of(model, layer_decay_rate=0.5)
    assert [group['lr'] for group in groups] == pytest.approx([0.025, 0.05, 0.1])


@pytest.mark.parametrize('rate', [None, 0, -1, 1.5])
def test_rate_is_checked(rate):
    with pytest.raises(InputError, match=r'layer_decay_rate=.*; set it in paramwise_cfg to a number above 0'):
        groups_of(build(), **({} if rate is None else dict(layer_decay_rate=rate)))


def test_the_optimizer_needs_a_rate():
    with pytest.raises(InputError, match='set lr in optim_wrapper.optimizer'):
        groups_of(build(), layer_decay_rate=0.5, lr=None)


def test_the_config_that_shows_it():
    file = ROOT / 'configs/techniques/e5-small_efficient_global_pointer_layer-decay_cluener_6e.py'
    config = Config.fromfile(file).optim_wrapper
    model = build()
    init_default_scope('mmner')
    rates = setting_of(model, build_optim_wrapper(model, config).optimizer.param_groups, 'lr')
    assert rates['encoder.layers.1.output.weight'] == pytest.approx(1.5e-4 * 0.9)
    assert rates['encoder.embeddings.word.weight'] == pytest.approx(1.5e-4 * 0.9 ** 3)
    assert rates['decoder.classifier.weight'] == pytest.approx(1.5e-4 * 6.67)
