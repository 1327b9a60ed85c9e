"""CUDA against the CPU. With MMNER_TEST_DEVICE=simulated most of these run without a GPU, see `simulated_device.py`."""
import copy
import os

import numpy as np
import pytest
import torch
from mmengine.optim import OptimWrapper
from torch.nn.utils import parameters_to_vector

from mmner.datasets import pack_samples
from mmner.models import NERModel
from mmner.models.decoders.base import BaseTaggingDecoder
from mmner.models.layers import SequenceLayout, attention, packed_attention, viterbi
from mmner.structures import PackedBatch
from tests import simulated_device
from tests.models.conftest import CATEGORIES, DECODERS, NECKS, config_of, without_dropout
from tests.models.layers.test_attention import by_hand
from tests.models.test_pretraining_model import make_model, make_samples

DEVICE = os.environ.get('MMNER_TEST_DEVICE', 'cuda')
LIBRARY = simulated_device.register() if DEVICE == simulated_device.NAME else None
pytestmark = pytest.mark.skipif(DEVICE == 'cuda' and not torch.cuda.is_available(), reason='needs a GPU with CUDA')
needs_cuda = pytest.mark.skipif(DEVICE != 'cuda', reason='needs a GPU, no other device will do')

MODELS = {
    **{decoder: config_of(decoder) for decoder in DECODERS},
    **{neck: dict(neck=neck) for neck in NECKS},
    'BMES': dict(neck='FirstTokenNeck', decoder=dict(tag_scheme=dict(type='BMES', categories=CATEGORIES))),
    'focal': dict(neck='FirstTokenNeck', decoder=dict(loss_module=dict(type='mmner.FocalLoss'))),
    'dice': dict(neck='FirstTokenNeck', decoder=dict(loss_module=dict(type='mmner.DiceLoss')))}
# torch computes an LSTM by an operation of its own on each device
EACH_MODEL = pytest.mark.parametrize('kind', [
    pytest.param(kind, marks=needs_cuda) if kind == 'LSTMNeck' else kind for kind in MODELS])
OBJECTIVES = ('FGM', 'PGD', 'RDrop', 'Distillation', 'RDropDistillation')
LENGTHS = [1, 512, *np.random.default_rng(0).integers(1, 130, size=30).tolist(), 1]


@pytest.fixture(autouse=True)
def in_whole_float32(monkeypatch):
    """cuDNN's LSTMs and convolutions keep 10 bits of the 23 otherwise."""
    monkeypatch.setattr(torch.backends.cudnn, 'allow_tf32', False)


@pytest.fixture
def short(sample) -> list[dict]:
    """Short texts, one in two windows, tokens of several units, and a text without units."""
    return [sample([1, 2, 3, 4], spans=[('person', 0, 2)]),
            sample([1, 1, 2, 3], spans=[('place', 2, 4)], first_id=12),
            sample([]),
            sample([1, 2, 7, 8, 9], windows=[5, 6], spans=[('person', 1, 4)], first_id=20)]


@pytest.fixture
def batch(pack, sample, short) -> PackedBatch:
    """Short texts and a long one."""
    spans = [('place', 40 * index, 40 * index + 3) for index in range(2)]
    return pack(*short, sample(list(range(1, 101)), spans=spans))


@pytest.fixture
def pair(build, batch):
    """Builds one model twice, on the CPU and on the device, without dropout and with much variety in its tags."""
    def built(**changes) -> tuple[NERModel, NERModel]:
        model = build(**changes).eval()
        if hasattr(model.decoder, 'classifier') and isinstance(model.decoder, BaseTaggingDecoder):
            with torch.no_grad():
                logits = model.decoder(model(batch).float())
                model.decoder.classifier.bias.sub_(logits.mean(dim=0))
        return model, copy.deepcopy(model).to(DEVICE)
    return built


def predict(model: NERModel, batch: PackedBatch) -> list:
    with torch.no_grad():
        return [sample.predicted for sample in model.val_step(copy.deepcopy(batch))]


def score_gold(model: NERModel, batch: PackedBatch) -> list:
    with torch.no_grad():
        return model(**model.data_preprocessor(batch), mode='score_gold')


@EACH_MODEL
@pytest.mark.parametrize(('entities_of', 'least'), [(predict, 3), (score_gold, 4)])
def test_entities_in_float32(pair, batch, kind, entities_of, least):
    found, expected = (entities_of(model, batch) for model in reversed(pair(**MODELS[kind])))
    assert sum(map(len, expected)) > least
    for ours, theirs in zip(found, expected, strict=True):
        assert [entity.span for entity in ours] == [entity.span for entity in theirs]
        assert [entity.score for entity in ours] == pytest.approx([entity.score for entity in theirs], abs=1e-4)


@EACH_MODEL
def test_loss_and_gradients_in_float32(pair, batch, kind):
    losses, gradients = [], []
    for model in pair(**MODELS[kind]):
        loss, _ = model.parse_losses(model(**model.data_preprocessor(batch, True), mode='loss'))
        loss.backward()
        losses.append(loss.item())
        gradients.append(parameters_to_vector(parameter.grad.cpu() for parameter in model.parameters()))
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert gradients[0].norm() > 0.1
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize('objective', OBJECTIVES)
@pytest.mark.parametrize('kind', ['SoftmaxDecoder', 'CRFDecoder', 'EfficientGlobalPointerDecoder', 'LexiconNeck'])
def test_objectives_in_float32(pair, pack, short, taught_by, kind, objective):
    config = dict(type=f'mmner.{objective}')
    if objective.endswith('Distillation'):
        config = taught_by(**MODELS[kind]) | config
    losses = []
    for model in pair(**MODELS[kind], objective=config):
        without_dropout(model)
        wrapper = OptimWrapper(torch.optim.AdamW(model.parameters(), lr=3e-3), clip_grad=dict(max_norm=1.0))
        losses.append([float(model.train().train_step(pack(*short), wrapper)['loss']) for _ in range(3)])
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    assert losses[0][2] < losses[0][0]


def test_pretraining_in_float32():
    losses = []
    for device in ('cpu', DEVICE):
        model = make_model().to(device)
        loss, _ = model.parse_losses(model(**model.data_preprocessor(pack_samples(make_samples()), True), mode='loss'))
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            model.val_step(pack_samples(make_samples()))
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.parametrize('backend', ['padded', 'products'])
def test_attention_in_float32(backend):
    qkv, borders = random_attention()
    ours = packed_attention(qkv.to(DEVICE), SequenceLayout(borders.to(DEVICE), 512, len(qkv)), backend=backend)
    torch.testing.assert_close(ours.cpu().double(), by_hand(qkv, LENGTHS), atol=1e-5, rtol=0)


@needs_cuda
@pytest.mark.skipif(attention.find_varlen_attn() is None, reason='flash attention needs torch >= 2.10')
@pytest.mark.parametrize('head_size', [8, 64])
def test_flash_attention_of_packed_sequences(head_size):
    """bfloat16 has 8 bits: outcomes, which are means of about N(0, 1), are off by up to 2^-8 and some rounding."""
    qkv, borders = random_attention(head_size)
    flash = qkv.cuda().bfloat16().requires_grad_()
    exact = flash.detach().float().requires_grad_()
    layout = SequenceLayout(borders.cuda(), 512, len(qkv))
    weights = torch.randn(len(qkv), 2, head_size, generator=torch.Generator().manual_seed(1)).cuda()
    ours = packed_attention(flash, layout, backend='varlen')
    expected = by_hand(exact, LENGTHS)
    torch.testing.assert_close(ours.double(), expected, atol=2e-2, rtol=2e-2)
    (ours.float() * weights).sum().backward()
    (expected * weights).sum().backward()
    torch.testing.assert_close(flash.grad.float(), exact.grad, atol=5e-2, rtol=5e-2)


def random_attention(head_size: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    """(T, 3, 2, head size) random values and the borders of LENGTHS, on the CPU."""
    qkv = torch.randn(sum(LENGTHS), 3, 2, head_size, generator=torch.Generator().manual_seed(0))
    return qkv, torch.tensor([0, *LENGTHS]).cumsum(0).int()


@needs_cuda
def test_bfloat16_is_near_float32(pair, batch, monkeypatch):
    """And, where it can be, its attention is flash attention over packed sequences."""
    calls = []
    original = attention.BACKENDS['varlen']
    monkeypatch.setitem(attention.BACKENDS, 'varlen', lambda *args: calls.append(args) or original(*args))
    single, half = (pair(neck='FirstTokenNeck', precision=precision) for precision in ('float32', 'bfloat16'))
    with torch.no_grad():
        expected, hidden = (model(batch.to(device)).cpu().float()
                            for model, device in ((single[0], 'cpu'), (half[1], DEVICE)))
    assert not torch.equal(hidden, expected), 'bfloat16 must have been used'
    assert (hidden - expected).norm() / expected.norm() < 2e-2
    assert len(calls) == 2 * attention.varlen_fits(torch.zeros(1, 3, 2, 8, dtype=torch.bfloat16, device=DEVICE), 0.0)


@needs_cuda
@pytest.mark.parametrize('dropout', [0.0, 0.1])
def test_bfloat16_with_fused_adamw_learns(pair, batch, dropout):
    _, model = pair(neck='CharFusionNeck', precision='bfloat16',
                    encoder=dict(hidden_dropout=dropout, attention_dropout=dropout))
    wrapper = OptimWrapper(torch.optim.AdamW(model.parameters(), lr=3e-3, fused=True), clip_grad=dict(max_norm=1.0))
    torch.manual_seed(0)
    losses = torch.stack([model.train().train_step(batch, wrapper)['loss'].detach().cpu() for _ in range(20)])
    assert losses.isfinite().all() and losses[-5:].mean() < 0.7 * losses[:2].mean()
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
    assert all(parameter.isfinite().all() for parameter in model.parameters())


def test_a_batch_on_the_device(batch):
    moved = batch.to(DEVICE)
    assert moved.cu_units.device.type == 'cpu' and moved.samples is batch.samples
    for name in ('input_ids', 'position_ids', 'cu_seqlens', 'unit_to_token', 'unit_ids', 'unit_places'):
        assert getattr(moved, name).device.type == DEVICE
        assert torch.equal(getattr(moved, name).cpu(), getattr(batch, name)), name


@needs_cuda
def test_a_pinned_batch_is_copied_while_the_cpu_goes_on(batch):
    pinned = batch.pin_memory()
    assert pinned.input_ids.is_pinned() and pinned.cu_seqlens.is_pinned() and not pinned.cu_units.is_pinned()
    pinned.to(DEVICE)                                                           # what is only slow once
    torch.cuda._sleep(100_000_000)                                              # the device is busy for about 50 ms
    busy = torch.cuda.Event()
    busy.record()
    moved = pinned.to(DEVICE)
    assert not busy.query(), 'the copy has waited for the device'
    assert torch.equal(moved.input_ids.cpu(), batch.input_ids)
    assert torch.equal(moved.unit_to_token.cpu(), batch.unit_to_token)


def test_viterbi():
    generator = torch.Generator().manual_seed(0)
    emissions, transitions, start, end = (
        torch.randn(*shape, generator=generator) for shape in ((9, 20, 5), (5, 5), (5,), (5,)))
    arguments = emissions, torch.tensor([1, 20, *range(2, 16, 2)]), transitions, start, end
    assert torch.equal(viterbi(*(value.to(DEVICE) for value in arguments)).cpu(), viterbi(*arguments))


@EACH_MODEL
def test_batches_without_units(pair, pack, sample, kind):
    _, model = pair(**MODELS[kind])
    empty = pack(sample([]), sample([]))
    assert predict(model, empty) == [[], []]
    loss, _ = model.parse_losses(model(**model.data_preprocessor(empty, True), mode='loss'))
    loss.backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters())


def test_weights_go_from_the_device_to_the_cpu_and_back(pair, batch, tmp_path):
    model, moved = pair(neck='FirstTokenNeck')
    torch.save(moved.state_dict(), tmp_path / 'model.pth')
    weights = torch.load(tmp_path / 'model.pth', map_location='cpu')
    assert all(torch.equal(weights[key], value) for key, value in model.state_dict().items())
