"""Adversarial losses against the classical way, which changes the weight in place."""
import copy

import pytest
import torch
from torch import Tensor

from mmner.models import NERModel
from mmner.models.objectives.pgd import into_ball
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError
from tests.models.objectives.conftest import assert_close, gradients

STEP = 0.3


def classical(model: NERModel, batch: PackedBatch, epsilon: float, steps: int) -> tuple[dict[str, Tensor], list[float]]:
    """The gradient of each parameter and the losses at 0 and after each step; `model` has no objective."""
    weight = model.encoder.embeddings.word.weight
    losses = [model(batch, mode='loss')['loss_tag']]
    losses[0].backward()
    clean, kept = gradients(model), weight.detach().clone()
    for _ in range(steps):
        moved = weight.data + STEP * weight.grad / weight.grad.norm() - kept
        if moved.norm() > epsilon:
            moved = epsilon * moved / moved.norm()
        weight.data.copy_(kept + moved)
        model.zero_grad()
        losses.append(model(batch, mode='loss')['loss_tag'])
        losses[-1].backward()
    weight.data.copy_(kept)
    return ({name: gradient + clean[name] for name, gradient in gradients(model).items()},
            [loss.item() for loss in losses])


@pytest.mark.parametrize('epsilon', [10.0, 0.5, 0.1])
@pytest.mark.parametrize('neck', ['FirstTokenNeck', 'CharFusionNeck'])
def test_equals_the_classical_form(exact, batch, neck, epsilon):
    model = exact(neck=neck, objective=dict(type='mmner.PGD', epsilon=epsilon, step_size=STEP, num_steps=3))
    before = copy.deepcopy(model.state_dict())
    losses = model(batch, mode='loss')
    sum(losses.values()).backward()
    expected, values = classical(exact(neck=neck), batch, epsilon, 3)
    assert list(losses) == ['loss_tag', 'adversarial_loss_tag']
    assert [loss.item() for loss in losses.values()] == pytest.approx([values[0], values[-1]], rel=1e-9)
    assert values[-1] > 1.01 * values[0]
    assert_close(gradients(model), expected)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_wide_ball_lets_every_step_make_it_worse(exact, batch):
    values = [exact(neck='FirstTokenNeck', objective=dict(type='mmner.PGD', epsilon=10.0, num_steps=number))(
        batch, mode='loss')['adversarial_loss_tag'].item() for number in (1, 2, 3)]
    assert values[0] < values[1] < values[2]


def test_one_step_within_the_ball_is_fgm(exact, batch):
    pgd = exact(neck='FirstTokenNeck', objective=dict(type='mmner.PGD', epsilon=1.0, step_size=0.4, num_steps=1))
    fgm = exact(neck='FirstTokenNeck', objective=dict(type='mmner.FGM', epsilon=0.4))
    assert pgd(batch, mode='loss') == fgm(batch, mode='loss')


def test_into_ball():
    assert into_ball(torch.tensor([3.0, 4.0]), 1.0).tolist() == pytest.approx([0.6, 0.8])
    assert into_ball(torch.tensor([3.0, 4.0]), 5.5).tolist() == [3, 4]
    assert into_ball(torch.zeros(2), 1.0).tolist() == [0, 0]


def test_no_units_give_no_gradient(build, empty):
    model = build(neck='CharFusionNeck', objective=dict(type='mmner.PGD')).train()
    losses = model(empty, mode='loss')
    sum(losses.values()).backward()
    assert not any(losses.values())
    assert not any(gradient.any() for gradient in gradients(model).values())


def test_bfloat16_moves_as_float32_does(build, batch):
    found = {}
    for precision in ('float32', 'bfloat16'):
        model = build(neck='CharFusionNeck', precision=precision, objective=dict(type='mmner.PGD', epsilon=0.5),
                      encoder=dict(hidden_dropout=0.0, attention_dropout=0.0),
                      decoder=dict(type='mmner.SoftmaxDecoder', dropout=0.0)).train()
        model.neck.fuse[-1].probability = 0.0
        losses = model(batch, mode='loss')
        sum(losses.values()).backward()
        assert all(gradient.isfinite().all() for gradient in gradients(model).values())
        found[precision] = [loss.item() for loss in losses.values()]
    assert found['bfloat16'] == pytest.approx(found['float32'], rel=2e-2)


@pytest.mark.parametrize('argument', [dict(epsilon=0), dict(step_size=-1), dict(num_steps=0)])
def test_arguments_are_checked(argument):
    with pytest.raises(InputError, match='PGD: epsilon=.*, the last is at least 1'):
        MODELS.build(dict(type='mmner.PGD', **argument))
