"""Every parameter keeps the rates that mmengine gives it, in the schedules that come with mmner and in odd ones."""
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from torch import nn

from mmner.cli.config import load_config
from mmner.engine import NERRunner
from mmner.registry import MODELS
from mmner.utils import InputError
from tests.runs import ROOT

# Schedule file, and the groups that its rates make of a model with encoder, neck and decoder. mmengine gives what a
# custom key names that rate and no other rule: biases and norms there decay.
SCHEDULES = {'adamw_5e': 3, 'adamw_scratch_5e': 2, 'adamw_small_6e': 3}


@pytest.fixture
def model() -> nn.Module:
    return MODELS.build(dict(
        type='mmner.NERModel',
        encoder=dict(type='mmner.BertEncoder', vocab_size=40, hidden_size=8, num_layers=2, num_heads=2,
                     intermediate_size=12, max_length=64),
        neck=dict(type='mmner.CharFusionNeck', hidden_size=8, embedding_size=8),
        decoder=dict(type='mmner.SoftmaxDecoder', hidden_size=8,
                     tag_scheme=dict(type='BIO', categories=['person', 'place']))))


def groups_of(model: nn.Module, config: dict, constructor: str) -> list[dict]:
    init_default_scope('mmner')
    return build_optim_wrapper(model, dict(config, constructor=constructor)).optimizer.param_groups


def settings_of(model: nn.Module, groups: list[dict]) -> dict[str, dict]:
    """What each parameter is trained with, by its name; a parameter that is twice in the groups fails."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    found = [(names[parameter], {key: value for key, value in group.items() if key != 'params'})
             for group in groups for parameter in group['params']]
    assert len(found) == len(dict(found))
    return dict(found)


@pytest.mark.parametrize('schedule', SCHEDULES)
def test_schedules_keep_their_rates_in_few_groups(model, schedule):
    config = Config.fromfile(ROOT / f'configs/_base_/schedules/{schedule}.py').optim_wrapper
    assert config.constructor == 'MergedGroupsConstructor'
    theirs = groups_of(model, config, 'DefaultOptimWrapperConstructor')
    ours = groups_of(model, config, config.constructor)
    assert len(theirs) == len(list(model.parameters())) == 36 and len(ours) == SCHEDULES[schedule]
    assert settings_of(model, ours) == settings_of(model, theirs)
    rates = {(setting['lr'], setting['weight_decay']) for setting in settings_of(model, ours).values()}
    assert len(rates) == SCHEDULES[schedule]


def test_settings_other_than_rates_are_told_apart(model):
    model.encoder.embeddings.requires_grad_(False)
    config = dict(
        type='OptimWrapper', optimizer=dict(type='AdamW', lr=0.1, weight_decay=0.01),
        paramwise_cfg=dict(custom_keys={
            'layers.0': dict(betas=[0.5, 0.9]), 'layers.1': dict(betas=[0.5, 0.9]), 'neck': dict(eps=1e-3)}))
    theirs, ours = (groups_of(model, config, f'{name}Constructor') for name in ('DefaultOptimWrapper', 'MergedGroups'))
    assert settings_of(model, ours) == settings_of(model, theirs)
    assert [group['betas'] for group in ours] == [[0.5, 0.9], (0.9, 0.999), (0.9, 0.999)]
    assert not any(name.startswith('encoder.embeddings') for name in settings_of(model, ours))


def test_without_own_rates_there_is_one_group(model):
    config = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.1))
    assert len(groups_of(model, config, 'MergedGroupsConstructor')) == 1


@pytest.mark.parametrize(('options', 'message'), [
    (dict(norm_decay_mul=0), "MergedGroupsConstructor has no option 'norm_decay_mul', only custom_keys, bias_lr"),
    (dict(layer_decay_rate=0.5), "has no option 'layer_decay_rate'"),
    (dict(custom_keys=dict(decodr=dict(lr_mult=2))), "'decodr' is in the name of no part .* encoder, neck, decoder$"),
    (dict(custom_keys=dict(neck=dict(lr_mul=2))), "custom_keys.neck: 'lr_mul' is none of lr_mult, decay_mult, lr, ")])
def test_what_nothing_reads_is_refused(model, options, message):
    config = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=0.1, weight_decay=0.01), paramwise_cfg=options)
    with pytest.raises(InputError, match=message):
        groups_of(model, config, 'MergedGroupsConstructor')


def test_a_part_without_weights_may_be_named(model):
    model.neck = nn.Identity()
    config = dict(type='OptimWrapper', optimizer=dict(type='AdamW', lr=0.1),
                  paramwise_cfg=dict(custom_keys=dict(neck=dict(lr_mult=2))))
    assert len(groups_of(model, config, 'MergedGroupsConstructor')) == 1


def test_optimizer_state_in_other_groups_is_refused_in_one_line(tmp_path, monkeypatch):
    """A checkpoint whose optimizer has mmengine's groups, one for each parameter."""
    monkeypatch.chdir(ROOT)
    config = load_config('configs/bert_softmax/bert-tiny_softmax_sample_5e.py')
    config.work_dir = str(tmp_path)
    config.train_dataloader.dataset.indices = 4
    config.param_scheduler = []
    runner = NERRunner.from_cfg(config)
    groups = [dict(params=[parameter]) for parameter in runner.model.parameters()]
    state = torch.optim.AdamW(groups, lr=0.1).state_dict()
    file = tmp_path / 'old.pth'
    torch.save(dict(meta=dict(epoch=1, iter=1), state_dict=runner.model.state_dict(), optimizer=state,
                    message_hub=runner.message_hub.state_dict(), param_schedulers=[]), file)
    with pytest.raises(InputError, match=r'old.pth: its optimizer has other parameter groups .*set load_from'):
        runner.resume(str(file))
