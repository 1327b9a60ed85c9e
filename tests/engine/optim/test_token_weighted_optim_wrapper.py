"""Accumulated gradients and weights against those of the one batch that holds all samples."""
from pathlib import Path

import pytest
import torch
from mmengine.logging import MessageHub
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from torch import distributed
from torch.optim import SGD, AdamW

from mmner.datasets import pack_samples
from mmner.engine import TokenWeightedOptimWrapper
from mmner.models import NERModel, PretrainingModel
from mmner.registry import OPTIM_WRAPPERS
from mmner.structures import NERDataSample, PretrainingSample
from mmner.utils import InputError
from tests.runs import fork_ranks

DECODERS = {
    'SoftmaxDecoder': dict(type='mmner.FirstTokenNeck'),
    'MMOCRSoftmaxDecoder': None}
SIZES = [[9], [3, 4, 5], [2, 2], [30, 7], [12]]         # units of each sample of each batch
CLIPS = [None, dict(max_norm=0.01), dict(max_norm=1e6), dict(max_norm=0.5, norm_type=1.0),
         dict(type='value', clip_value=1e-3)]


def build(decoder: str = 'SoftmaxDecoder') -> NERModel:
    """A tiny model in float64 without dropout, always the same; only its loss is computed in float32."""
    torch.manual_seed(0)
    scheme = 'MMOCRScheme' if decoder == 'MMOCRSoftmaxDecoder' else 'BIO'
    model = NERModel(
        encoder=dict(type='mmner.BertEncoder', vocab_size=40, hidden_size=8, num_layers=1, num_heads=2,
                     intermediate_size=12, max_length=64, hidden_dropout=0.0, attention_dropout=0.0),
        neck=DECODERS[decoder],
        decoder=dict(type=f'mmner.{decoder}', hidden_size=8, dropout=0.0, loss_module=dict(type='mmner.FocalLoss'),
                     tag_scheme=dict(type=scheme, categories=['person', 'place'])),
        data_preprocessor=dict(type='mmner.NERDataPreprocessor'))
    return model.double()


def batch_of(sizes: list[int], seed: int):
    """Samples of so many units with random tokens; the first unit is a person in some batches, a place in others."""
    generator = torch.Generator().manual_seed(seed)
    samples = []
    for size in sizes:
        ids = torch.randint(40, (size + 2,), generator=generator).numpy()
        samples.append(dict(
            inputs=dict(input_ids=ids, sequence_lengths=[size + 2], unit_to_token=torch.arange(1, size + 1).numpy(),
                        unit_ids=ids[1:-1], unit_places=torch.zeros(size).long().numpy()),
            data_samples=NERDataSample(index=0, text='字' * size, unit_offsets=None, unit_spans=[
                (('person', 'place')[seed % 2], 0, 1)] if size else [])))
    return samples


BATCHES = [batch_of(sizes, seed) for seed, sizes in enumerate(SIZES)]


def train(batches: list, wrapper: type = TokenWeightedOptimWrapper, *, decoder: str = 'SoftmaxDecoder',
          optimizer: type = SGD, first: int = 0, **arguments) -> NERModel:
    """A model after a run over the batches, from iteration `first` on."""
    model = build(decoder)
    wrapper = wrapper(optimizer=optimizer(model.parameters(), lr=1.0), **arguments)
    wrapper.initialize_count_status(model, first, len(batches))
    for samples in batches[first:]:
        model.train_step(pack_samples(samples), wrapper)
    return model


def joined(*batches: list) -> list:
    return sum(batches, [])


def distance(model: NERModel, other: NERModel) -> float:
    """The largest difference between two weights."""
    return max((ours - theirs).abs().max().item()
               for ours, theirs in zip(model.parameters(), other.parameters(), strict=True))


def close(model: NERModel, other: NERModel) -> bool:
    return distance(model, other) < 1e-6


@pytest.mark.parametrize('clip', CLIPS, ids=str)
@pytest.mark.parametrize('decoder', DECODERS)
def test_equals_large_batches_and_mmengine_does_not(decoder, clip):
    """Five batches, three to an update: the last update has two."""
    large = [joined(*BATCHES[:3]), joined(*BATCHES[3:])]

    def arguments() -> dict:
        return dict(decoder=decoder, clip_grad=clip and dict(clip))         # mmengine changes the dict

    expected = train(large, OptimWrapper, **arguments())
    assert distance(build(decoder), expected) > 1e-3
    assert close(train(BATCHES, accumulative_counts=3, **arguments()), expected)
    assert close(train(large, **arguments()), expected)
    assert distance(train(BATCHES, OptimWrapper, accumulative_counts=3, **arguments()), expected) > 1e-4


def test_gradient_of_an_update_equals_that_of_one_batch():
    model, other = build(), build()
    wrapper = TokenWeightedOptimWrapper(optimizer=SGD(model.parameters(), lr=0.0), accumulative_counts=5)
    wrapper.zero_grad = lambda: None
    for samples in BATCHES:
        model.train_step(pack_samples(samples), wrapper)
    other(pack_samples(joined(*BATCHES)), mode='loss')['loss_tag'].backward()
    assert max(parameter.grad.abs().max() for parameter in other.parameters()) > 1e-2
    for ours, theirs in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, atol=1e-6, rtol=0)


def test_weights_move_at_updates_alone():
    model = build()
    wrapper = TokenWeightedOptimWrapper(optimizer=SGD(model.parameters(), lr=1.0), accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 5)
    moved = []
    for samples in BATCHES:
        before = [parameter.clone() for parameter in model.parameters()]
        model.train_step(pack_samples(samples), wrapper)
        moved.append(any(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True)))
    assert moved == [False, True, False, True, True]


def adamw(parameters, lr: float) -> AdamW:
    return AdamW(parameters, 0.1 * lr, eps=1e-2, fused=True)    # a small eps blows up the rounding of gradients near 0


def test_fused_adamw():
    expected = train([joined(*BATCHES[:4]), BATCHES[4]], OptimWrapper, optimizer=adamw)
    assert distance(build(), expected) > 1e-2
    assert close(train(BATCHES, optimizer=adamw, accumulative_counts=4), expected)


def test_run_that_goes_on_within_a_group_weighs_what_is_left_of_it():
    expected = train([joined(BATCHES[2]), joined(*BATCHES[3:])], OptimWrapper)
    assert close(train(BATCHES, accumulative_counts=3, first=2), expected)


def test_batches_without_units_weigh_nothing():
    empty = batch_of([0, 0], 7)
    assert close(train([empty, BATCHES[0], empty], accumulative_counts=3), train([BATCHES[0]], OptimWrapper))
    assert close(train([empty, empty], accumulative_counts=2), build())


def test_logged_norm_is_that_of_the_large_batch():
    hub = MessageHub.get_current_instance()
    train([joined(*BATCHES)], OptimWrapper, clip_grad=dict(max_norm=0.1))
    expected = hub.get_scalar('train/grad_norm').current()
    train([BATCHES[0]], OptimWrapper, clip_grad=dict(max_norm=0.1))
    assert hub.get_scalar('train/grad_norm').current() != pytest.approx(expected, rel=1e-3)
    train(BATCHES, accumulative_counts=5, clip_grad=dict(max_norm=0.1))
    assert hub.get_scalar('train/grad_norm').current() == pytest.approx(expected, rel=1e-6)


def test_parameters_without_a_gradient_are_left_alone():
    model = build()
    model.decoder.classifier.requires_grad_(False)
    before = model.decoder.classifier.weight.clone()
    for clip in (None, dict(max_norm=1.0)):
        wrapper = TokenWeightedOptimWrapper(optimizer=SGD(model.parameters(), lr=1.0), clip_grad=clip)
        model.train_step(pack_samples(BATCHES[0]), wrapper)
    assert torch.equal(model.decoder.classifier.weight, before)


def test_a_config_names_it():
    optimizer = SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    assert type(OPTIM_WRAPPERS.build(dict(type='TokenWeightedOptimWrapper', optimizer=optimizer,
                                          accumulative_counts=4))) is TokenWeightedOptimWrapper


RANK_CLIPS = [None, dict(max_norm=0.01)]        # clipped, a wrong scale is not seen


def train_rank(rank: int, folder: Path) -> None:
    """One of two ranks: the first trains on the batches of even, the second on those of odd number."""
    torch.set_num_threads(1)
    distributed.init_process_group('gloo', f'file://{folder}/meeting', rank=rank, world_size=2)
    for number, clip in enumerate(RANK_CLIPS):
        model = build()
        parallel = MMDistributedDataParallel(model)
        wrapper = TokenWeightedOptimWrapper(optimizer=SGD(model.parameters(), lr=1.0), accumulative_counts=2,
                                            clip_grad=clip)
        wrapper.initialize_count_status(parallel, 0, 2)
        for samples in BATCHES[rank:4:2]:
            parallel.train_step(pack_samples(samples), wrapper)
        torch.save(model.state_dict(), f'{folder}/{number}_{rank}.pth')
    distributed.barrier()       # a rank that ends early leaves the other waiting
    distributed.destroy_process_group()


def test_ranks_weigh_by_their_units_too(tmp_path):
    fork_ranks(train_rank, tmp_path)
    for number, clip in enumerate(RANK_CLIPS):
        expected = train([joined(*BATCHES[:4])], OptimWrapper, clip_grad=clip).state_dict()
        for rank in range(2):
            for name, weight in torch.load(tmp_path / f'{number}_{rank}.pth').items():
                torch.testing.assert_close(weight, expected[name], atol=1e-6, rtol=0)


def pretraining(*heads: str) -> PretrainingModel:
    torch.manual_seed(0)
    return PretrainingModel(
        encoder=dict(type='mmner.BertEncoder', vocab_size=40, hidden_size=8, num_layers=1, num_heads=2,
                     intermediate_size=12, max_length=64, hidden_dropout=0.0, attention_dropout=0.0),
        heads=[dict(type=f'mmner.{head}') for head in heads]).double()


def texts_of(sizes: list[int], seed: int) -> list[dict]:
    """Samples of `batch_of` whose first so many units are masked; every second follows another text."""
    return [dict(inputs=sample['inputs'], data_samples=PretrainingSample(index=0, is_next=bool(index % 2)))
            for index, sample in enumerate(batch_of(sizes, seed))]


@pytest.mark.parametrize('head', ['MaskedLanguageHead', 'NextSentenceHead'])
def test_a_pretraining_with_one_task(head):
    batches, accumulated, expected = [texts_of([9], 0), texts_of([3, 4, 5], 1)], pretraining(head), pretraining(head)
    wrapper = TokenWeightedOptimWrapper(optimizer=SGD(accumulated.parameters(), lr=1.0), accumulative_counts=2)
    wrapper.initialize_count_status(accumulated, 0, 2)
    for samples in batches:
        accumulated.train_step(pack_samples(samples), wrapper)
    expected.train_step(pack_samples(joined(*batches)), OptimWrapper(SGD(expected.parameters(), lr=1.0)))
    assert distance(pretraining(head), expected) > 1e-3 and close(accumulated, expected)


def test_a_pretraining_with_two_tasks_is_refused():
    model = pretraining('MaskedLanguageHead', 'NextSentenceHead')
    wrapper = TokenWeightedOptimWrapper(optimizer=SGD(model.parameters(), lr=1.0))
    with pytest.raises(InputError, match='the losses of several tasks have no common number of terms'):
        model.train_step(pack_samples(texts_of([4, 5], 0)), wrapper)
