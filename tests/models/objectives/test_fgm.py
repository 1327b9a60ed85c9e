"""Adversarial losses against the classical way: backward, change the weight in place, backward, restore."""
import copy
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from torch import Tensor, distributed
from torch.optim import SGD

from mmner.datasets import pack_samples
from mmner.engine import CompileHook, TokenWeightedOptimWrapper
from mmner.models import NERModel
from mmner.models.objectives.pgd import embedding_gradient, scaled_to
from mmner.structures import PackedBatch
from mmner.utils import InputError
from tests.models.conftest import make_sample, model_config, without_dropout
from tests.models.objectives.conftest import assert_close, gradients
from tests.runs import fork_ranks

EPSILON = 0.7
FGM = dict(type='mmner.FGM', epsilon=EPSILON)


def classical(model: NERModel, batch: PackedBatch) -> tuple[dict[str, Tensor], list[float]]:
    """The gradient of each parameter and the two losses; `model` has no objective."""
    weight = model.encoder.embeddings.word.weight
    clean = sum(model(batch, mode='loss').values())
    clean.backward()
    kept = weight.detach().clone()
    weight.data.add_(EPSILON * weight.grad / weight.grad.norm())
    adversarial = sum(model(batch, mode='loss').values())
    adversarial.backward()
    weight.data.copy_(kept)
    return gradients(model), [clean.item(), adversarial.item()]


@pytest.mark.parametrize('changes', [
    dict(neck='FirstTokenNeck'), dict(neck='CharFusionNeck'),
    dict(neck='FirstTokenNeck', encoder=dict(embedding_size=4, shared_layers=True)),
    dict(neck='FirstTokenNeck', decoder=dict(type='mmner.CRFDecoder'))], ids=str)
def test_equals_the_classical_form(exact, batch, changes):
    model, plain = exact(objective=FGM, **changes), exact(**changes)
    before = copy.deepcopy(model.state_dict())
    losses = model(batch, mode='loss')
    sum(losses.values()).backward()
    expected, values = classical(plain, batch)
    tolerance = 1e-5 if 'decoder' in changes else 1e-9                      # a CRF's emissions are float32
    assert [loss.item() for loss in losses.values()] == pytest.approx(values, rel=tolerance)
    assert values[1] > 1.05 * values[0]
    assert_close(gradients(model), expected, tolerance)
    assert not model.encoder.embeddings.word._forward_hooks
    assert list(model.state_dict()) == list(plain.state_dict())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_losses_have_names_of_their_own(exact, batch):
    assert list(exact(neck='FirstTokenNeck', objective=FGM)(batch, mode='loss')) == [
        'loss_tag', 'adversarial_loss_tag']


def test_testing_mode_has_the_plain_loss(exact, batch):
    model, plain = exact(neck='FirstTokenNeck', objective=FGM), exact(neck='FirstTokenNeck')
    with torch.no_grad():
        losses = model.eval()(batch, mode='loss')
    assert losses == plain.eval()(batch, mode='loss')


def test_no_units_give_no_gradient(build, empty):
    model = build(neck='CharFusionNeck', objective=FGM).train()
    losses = model(empty, mode='loss')
    sum(losses.values()).backward()
    assert not any(losses.values())
    assert not any(gradient.any() for gradient in gradients(model).values())


@pytest.mark.parametrize('size', [0.0, 1e-30, 1e-20, 1.0, 1e10])
def test_scaling_any_length_gives_the_norm_or_zero(size):
    scaled = scaled_to(torch.tensor([[3 * size, 4 * size]]), 10.0)
    assert scaled.tolist()[0] in (pytest.approx([6, 8]), [0, 0])
    assert size in (0.0, 1e-30) or scaled.any()


def test_frozen_embedding_is_refused(exact, batch):
    model = exact(neck='FirstTokenNeck', objective=FGM)
    model.encoder.embeddings.requires_grad_(False)
    with pytest.raises(InputError, match='word embedding .* is frozen'):
        model(batch, mode='loss')


def test_epsilon_above_0(build):
    with pytest.raises(InputError, match='FGM: epsilon=0 is not above 0'):
        build(objective=dict(type='mmner.FGM', epsilon=0))


def test_hook_goes_also_when_the_pass_fails(exact, batch, monkeypatch):
    model = exact(neck='FirstTokenNeck', objective=FGM)
    outcomes = iter([model.decoder.loss])
    monkeypatch.setattr(model.decoder, 'loss', lambda *args: next(outcomes)(*args))
    with pytest.raises(StopIteration):
        model(batch, mode='loss')
    assert not model.encoder.embeddings.word._forward_hooks


def test_bfloat16(build, batch):
    model, plain = (build(neck='CharFusionNeck', precision='bfloat16', objective=objective).train()
                    for objective in (FGM, None))
    for one in (model, plain):
        without_dropout(one)
    losses = model(batch, mode='loss')
    sum(losses.values()).backward()
    expected, values = classical(plain, batch)
    assert [loss.item() for loss in losses.values()] == pytest.approx(values, rel=1e-6)
    for name, gradient in gradients(model).items():
        assert gradient.dtype == torch.float32
        assert (gradient - expected[name]).norm() <= 2e-2 * expected[name].norm(), name


def test_gradient_under_autocast_is_that_of_backward_outside(build, batch):
    model = build(neck='CharFusionNeck', precision='bfloat16').train()
    with torch.autocast('cpu', torch.bfloat16):
        losses = model.decoder_loss(batch)
        gradient = embedding_gradient(model, losses, retain_graph=True)
        assert torch.is_autocast_enabled('cpu')
    assert all(parameter.grad is None for parameter in model.parameters())
    losses['loss_tag'].backward()
    assert torch.equal(gradient, model.encoder.embeddings.word.weight.grad)


def test_each_pass_has_its_own_dropout(build, batch):
    model = build(neck='FirstTokenNeck', objective=dict(type='mmner.FGM', epsilon=1e-6)).train()
    losses = model(batch, mode='loss')
    assert losses['loss_tag'].item() != pytest.approx(losses['adversarial_loss_tag'].item(), rel=1e-3)


@pytest.mark.skipif(not shutil.which('g++'), reason='torch.compile needs a C++ compiler')
def test_compiled_layers(exact, batch):
    model, plain = (exact(neck='FirstTokenNeck', encoder=dict(shared_layers=True), objective=objective)
                    for objective in (FGM, None))
    CompileHook().before_train(SimpleNamespace(model=model))
    sum(model(batch, mode='loss').values()).backward()
    assert_close(gradients(model), classical(plain, batch)[0], 1e-6)


def batches() -> list[list[dict]]:
    return [[make_sample([1, 2, 3], spans=[('person', 0, 1)])], [make_sample(list(range(1, 9)), first_id=9)]]


def after_a_step(pack, exact, weights: list[float]) -> dict[str, Tensor]:
    """A model's weights after one step along the weighted classical gradients of the batches."""
    model = exact(neck='FirstTokenNeck')
    steps = [classical(exact(neck='FirstTokenNeck'), pack(*samples))[0] for samples in batches()]
    return {name: value - sum(weight * step[name] for weight, step in zip(weights, steps, strict=True))
            for name, value in model.state_dict().items()}


def test_gradient_accumulation(pack, exact):
    model = exact(neck='FirstTokenNeck', objective=FGM)
    wrapper = TokenWeightedOptimWrapper(optimizer=SGD(model.parameters(), lr=1.0), accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 2)
    for samples in batches():
        model.train_step(pack(*samples), wrapper)
    assert_close(model.state_dict(), after_a_step(pack, exact, [3 / 11, 8 / 11]), 1e-6)     # the wrapper's factor


def train_rank(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group('gloo', f'file://{folder}/meeting', rank=rank, world_size=2)
    model = NERModel(**model_config(neck='FirstTokenNeck', objective=FGM)).double().train()
    model.load_state_dict(torch.load(folder / 'weights.pth'))
    without_dropout(model)
    model.decoder.loss_module = torch.nn.CrossEntropyLoss()
    parallel = MMDistributedDataParallel(model)
    parallel.train_step(pack_samples(batches()[rank]), OptimWrapper(SGD(model.parameters(), lr=1.0)))
    torch.save(model.state_dict(), folder / f'{rank}.pth')
    distributed.barrier()       # a rank that ends early leaves the other waiting
    distributed.destroy_process_group()


def test_ranks_share_their_gradients(pack, exact, tmp_path):
    torch.save(exact(neck='FirstTokenNeck').state_dict(), tmp_path / 'weights.pth')
    fork_ranks(train_rank, tmp_path)
    expected = after_a_step(pack, exact, [1 / 2, 1 / 2])
    for rank in range(2):
        assert_close(torch.load(tmp_path / f'{rank}.pth'), expected)
