from collections import Counter

import numpy as np
import pytest
from mmengine.dataset import DefaultSampler, InfiniteSampler

from mmner.datasets import TokenBudgetBatchSampler
from mmner.datasets.samplers.token_budget import cut_by_budget
from mmner.utils import InputError
from tests.datasets.samplers.lengths import LENGTHS, Lengths


def sampler_of(dataset=LENGTHS, *, shuffle=True, round_up=True, seed=3, epoch=0, rank=0, world_size=1, max_tokens=200,
               batch_size=1000) -> TokenBudgetBatchSampler:
    sampler = DefaultSampler(dataset, shuffle=shuffle, round_up=round_up, seed=seed)
    sampler.rank, sampler.world_size = rank, world_size
    sampler.set_epoch(epoch)
    return TokenBudgetBatchSampler(sampler=sampler, max_tokens=max_tokens, batch_size=batch_size)


def batches_of(dataset=LENGTHS, **arguments) -> list[list[int]]:
    sampler = sampler_of(dataset, **arguments)
    batches = list(sampler)
    assert len(sampler) == len(batches)
    assert all(type(index) is int for batch in batches for index in batch)
    return batches


@pytest.mark.parametrize('shuffle', [True, False])
@pytest.mark.parametrize(('max_tokens', 'batch_size'), [(1, 7), (59, 7), (60, 1), (200, 1000), (200, 4), (10**6, 2000)])
def test_every_sample_once_within_the_budget(shuffle, max_tokens, batch_size):
    batches = batches_of(shuffle=shuffle, max_tokens=max_tokens, batch_size=batch_size)
    assert sorted(sum(batches, [])) == list(range(1003))
    for batch in batches:
        assert len(batch) == 1 or LENGTHS.lengths[batch].sum() <= max_tokens
        assert len(batch) <= batch_size


def test_by_hand():
    dataset = Lengths([3, 9, 5, 20, 9, 4])
    assert batches_of(dataset, shuffle=False, max_tokens=18) == [[3], [1, 4], [2, 5, 0]]
    assert batches_of(dataset, shuffle=False, max_tokens=17) == [[3], [1], [4, 2], [5, 0]]
    assert batches_of(dataset, shuffle=False, max_tokens=18, batch_size=2) == [[3], [1, 4], [2, 5], [0]]
    assert batches_of(Lengths([]), shuffle=False) == batches_of(Lengths([]), world_size=2) == []


def test_cuts_are_as_long_as_they_can_be():
    """Brute force: no batch could take the sample behind it, and each takes all that it can."""
    random = np.random.default_rng(2)
    for _ in range(300):
        lengths = random.integers(0, 12, random.integers(0, 30))
        max_tokens, batch_size = random.integers(1, 25), random.integers(1, 8)
        expected, begin = [0], 0
        while begin < len(lengths):
            end = begin + 1
            while end < len(lengths) and end - begin < batch_size and sum(lengths[begin:end + 1]) <= max_tokens:
                end += 1
            expected.append(begin := end)
        assert cut_by_budget(lengths, max_tokens, batch_size).tolist() == expected


def test_number_and_sizes_are_the_same_in_every_epoch():
    epochs = [batches_of(epoch=epoch) for epoch in range(5)]
    sizes = [sorted(sorted(LENGTHS.lengths[batch]) for batch in batches) for batches in epochs]
    assert all(size == sizes[0] for size in sizes)
    assert len({tuple(map(frozenset, batches)) for batches in epochs}) == 5
    members = [{frozenset(batch) for batch in batches} for batches in epochs]
    assert members[0] != members[1], 'samples of equal length change places'


def test_same_for_the_same_seed_and_epoch_alone():
    first = batches_of(seed=3, epoch=1)
    assert batches_of(seed=3, epoch=1) == first
    for other in (batches_of(seed=3, epoch=2), batches_of(seed=4, epoch=1), batches_of(seed=4, epoch=0)):
        assert other != first


def test_order_of_batches_is_random():
    longest = [LENGTHS.lengths[batch].max() for batch in batches_of()]
    assert 0.3 < (np.diff(longest) > 0).mean() < 0.7
    assert batches_of(shuffle=False) == sorted(batches_of(shuffle=False), key=lambda batch: -LENGTHS.lengths[batch[0]])


@pytest.mark.parametrize('shuffle', [True, False])
@pytest.mark.parametrize('world_size', [2, 3, 7, 300])
def test_training_ranks_get_the_same_number(world_size, shuffle):
    alone = batches_of(epoch=4, shuffle=shuffle)
    ranks = [batches_of(epoch=4, shuffle=shuffle, rank=rank, world_size=world_size) for rank in range(world_size)]
    assert {len(batches) for batches in ranks} == {-(-len(alone) // world_size)}
    turns = [ranks[turn % world_size][turn // world_size] for turn in range(world_size * len(ranks[0]))]
    assert turns[:len(alone)] == alone
    assert turns[len(alone):] == (alone * world_size)[:len(turns) - len(alone)]


@pytest.mark.parametrize('world_size', [2, 3, 7, 300])
def test_testing_ranks_share_every_sample_once(world_size):
    ranks = [batches_of(shuffle=False, round_up=False, rank=rank, world_size=world_size) for rank in range(world_size)]
    seen = Counter(index for batches in ranks for batch in batches for index in batch)
    assert seen == Counter(range(1003))


@pytest.mark.parametrize(('sampler', 'arguments', 'message'), [
    (DefaultSampler(LENGTHS), dict(batch_size=0, max_tokens=9), 'max_tokens=9 and batch_size=0 must be at least 1'),
    (DefaultSampler(LENGTHS), dict(batch_size=1, max_tokens=0), 'max_tokens=0'),
    (DefaultSampler([1, 2]), dict(batch_size=1, max_tokens=9), 'DefaultSampler over list'),
    (InfiniteSampler(LENGTHS), dict(batch_size=1, max_tokens=9), 'InfiniteSampler over Lengths'),
])
def test_refused_arguments(sampler, arguments, message):
    with pytest.raises(InputError, match=f'^TokenBudgetBatchSampler: .*{message}'):
        TokenBudgetBatchSampler(sampler=sampler, **arguments)
