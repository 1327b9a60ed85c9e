from collections import Counter

import numpy as np
import pytest
from mmengine.dataset import DefaultSampler, InfiniteSampler

from mmner.datasets import LengthBucketBatchSampler
from mmner.utils import InputError
from tests.datasets.samplers.lengths import LENGTHS, Lengths


def batches_of(dataset=LENGTHS, *, shuffle=True, seed=3, epoch=0, rank=0, world_size=1, round_up=True, batch_size=8,
               **arguments) -> list[list[int]]:
    sampler = DefaultSampler(dataset, shuffle=shuffle, seed=seed, round_up=round_up)
    # What DefaultSampler computes in its constructor when a process group is there.
    sampler.rank, sampler.world_size = rank, world_size
    sampler.num_samples = -(-len(dataset) // world_size) if round_up else -(-(len(dataset) - rank) // world_size)
    sampler.total_size = sampler.num_samples * world_size if round_up else len(dataset)
    sampler.set_epoch(epoch)
    batch_sampler = LengthBucketBatchSampler(sampler=sampler, batch_size=batch_size, **arguments)
    batches = list(batch_sampler)
    assert len(batch_sampler) == len(batches)
    assert sorted(map(len, batches))[1:] == [batch_size] * (len(batches) - 1)       # at most one is not full
    assert all(type(index) is int for batch in batches for index in batch)
    return batches


@pytest.mark.parametrize('shuffle', [True, False])
@pytest.mark.parametrize(('batch_size', 'pool_batches'), [(1, 1), (8, 1), (8, 3), (17, 59), (59, 17), (2000, 2)])
def test_every_index_once(shuffle, batch_size, pool_batches):
    batches = batches_of(shuffle=shuffle, batch_size=batch_size, pool_batches=pool_batches)
    assert sorted(sum(batches, [])) == list(range(1003))


def test_same_for_the_same_seed_and_epoch_alone():
    first = batches_of(seed=3, epoch=1)
    assert batches_of(seed=3, epoch=1) == first
    for other in (batches_of(seed=3, epoch=2), batches_of(seed=4, epoch=1), batches_of(seed=4, epoch=0)):
        assert other != first
    assert {frozenset(batch) for batch in batches_of(seed=3, epoch=2)} != {frozenset(batch) for batch in first}


def test_order_of_batches_is_new_in_every_epoch():
    # All lengths differ and lie in one pool, so the batches are always the same and only their order is drawn.
    given = [batches_of(Lengths(range(80)), seed=seed, epoch=epoch) for seed, epoch in ((3, 1), (3, 2), (4, 1), (4, 0))]
    assert len({tuple(map(tuple, batches)) for batches in given}) == 4
    assert all(sorted(batches) == sorted(given[0]) for batches in given)


def test_order_of_batches_is_random():
    longest = [LENGTHS.lengths[batch].max() for batch in batches_of(pool_batches=1000)]
    rises = np.diff(longest) > 0
    assert 0.3 < rises.mean() < 0.7


def test_even_lengths():
    def spread(batches):
        return np.mean([np.ptp(LENGTHS.lengths[batch]) for batch in batches])

    # A pool of 400 random lengths in 2..59, sorted: a batch of 8 spans about a fiftieth of the range.
    assert spread(batches_of(pool_batches=50)) < 3
    assert spread(batches_of(pool_batches=1)) > 30


def test_a_pool_holds_what_the_sampler_gives_next():
    sampler = DefaultSampler(LENGTHS, shuffle=True, seed=3)
    given = list(sampler)
    batches = batches_of(seed=3, pool_batches=5)
    for begin in range(0, len(given), 40):
        assert sorted(sum(batches[begin // 8:begin // 8 + 5], [])) == sorted(given[begin:begin + 40])


def test_unshuffled_is_longest_first_and_stable():
    order = sum(batches_of(shuffle=False, pool_batches=2), [])
    assert order == sorted(range(1003), key=lambda index: (-LENGTHS.lengths[index], index))
    assert batches_of(Lengths([3, 9, 5, 9, 4]), shuffle=False, batch_size=2) == [[1, 3], [2, 4], [0]]


@pytest.mark.parametrize('shuffle', [True, False])
@pytest.mark.parametrize('round_up', [True, False])
def test_two_ranks_share_the_samples(shuffle, round_up):
    ranks = [batches_of(shuffle=shuffle, rank=rank, world_size=2, round_up=round_up) for rank in (0, 1)]
    seen = Counter(index for batches in ranks for batch in batches for index in batch)
    assert set(seen) == set(range(1003))
    assert sum(seen.values()) == (1004 if round_up else 1003)
    assert len(ranks[0]) == len(ranks[1])


def test_empty_rank():
    assert batches_of(Lengths([7]), shuffle=False, rank=1, world_size=2, round_up=False) == []


@pytest.mark.parametrize(('sampler', 'arguments', 'message'), [
    (DefaultSampler(LENGTHS), dict(batch_size=0), 'batch_size=0 and pool_batches=50 must be at least 1'),
    (DefaultSampler(LENGTHS), dict(batch_size=1, pool_batches=0), 'batch_size=1 and pool_batches=0'),
    (DefaultSampler([1, 2]), dict(batch_size=1), 'DefaultSampler over list'),
    (InfiniteSampler(LENGTHS), dict(batch_size=1), 'InfiniteSampler over Lengths'),
])
def test_refused_arguments(sampler, arguments, message):
    with pytest.raises(InputError, match=f'^LengthBucketBatchSampler: .*{message}'):
        LengthBucketBatchSampler(sampler=sampler, **arguments)
