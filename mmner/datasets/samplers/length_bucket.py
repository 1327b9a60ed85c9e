from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

from mmner.registry import DATA_SAMPLERS
from mmner.utils import InputError


@DATA_SAMPLERS.register_module()
class LengthBucketBatchSampler(Sampler):
    """Batches of samples of like length.

    Takes what `sampler` gives, in pools of `pool_batches` batches, sorts each pool by length and cuts it into batches.
    Batches of a shuffling sampler come in random order, the same for the same seed and epoch; otherwise everything is
    one pool, longest first, so that a batch too large for memory fails at once.

    Args:
        sampler (Sampler): mmengine's DefaultSampler, or one with its `dataset`, `shuffle`, `seed` and `epoch`; the
            dataset has `lengths`, the tokens of each sample.
        batch_size (int): Samples in a batch.
        pool_batches (int): Batches in a pool; more gives more even lengths and less random batches.

    Raises:
        InputError: No batch can be made of this: an endless sampler, a dataset without `lengths`, a size below 1.
    """

    def __init__(self, *, sampler: Sampler, batch_size: int, pool_batches: int = 50):
        if min(batch_size, pool_batches) < 1:
            raise InputError(f'LengthBucketBatchSampler: batch_size={batch_size} and pool_batches={pool_batches} must '
                             'be at least 1')
        if not (hasattr(sampler, 'epoch') and hasattr(sampler.dataset, 'lengths')):
            given = f'{type(sampler).__name__} over {type(sampler.dataset).__name__}'
            raise InputError(f'LengthBucketBatchSampler: cannot use {given}; give a DefaultSampler over a NERDataset')
        self.sampler = sampler
        self.batch_size = batch_size
        self.pool_batches = pool_batches

    def __len__(self) -> int:
        return -(-len(self.sampler) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        indices = np.fromiter(self.sampler, dtype=np.int64)
        lengths = self.sampler.dataset.lengths[indices]
        shuffle = self.sampler.shuffle
        pool_size = self.batch_size * self.pool_batches if shuffle else max(len(indices), 1)
        random = np.random.default_rng((self.sampler.seed, self.sampler.epoch))
        for begin in range(0, len(indices), pool_size):
            order = np.argsort(-lengths[begin:begin + pool_size], kind='stable')
            pool = indices[begin:begin + pool_size][order]
            batches = [pool[start:start + self.batch_size] for start in range(0, len(pool), self.batch_size)]
            for place in random.permutation(len(batches)) if shuffle else range(len(batches)):
                yield batches[place].tolist()
