from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

from mmner.datasets.samplers.base import BaseLengthBatchSampler, longest_first
from mmner.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class LengthBucketBatchSampler(BaseLengthBatchSampler):
    """Batches of a fixed number of samples of like length.

    Takes what `sampler` gives, in pools of `pool_batches` batches, sorts each pool by length and cuts it into batches.
    Batches of a shuffling sampler come in random order, the same for the same seed and epoch; otherwise everything is
    one pool, longest first, so that a batch too large for memory fails at once.

    Args:
        sampler (Sampler): As for `BaseLengthBatchSampler`, which names the errors, too.
        batch_size (int): Samples in a batch.
        pool_batches (int): Batches in a pool; more gives more even lengths and less random batches.
    """

    def __init__(self, *, sampler: Sampler, batch_size: int, pool_batches: int = 50):
        super().__init__(sampler, batch_size=batch_size, pool_batches=pool_batches)
        self.batch_size = batch_size
        self.pool_batches = pool_batches

    def __len__(self) -> int:
        return -(-len(self.sampler) // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        indices = np.fromiter(self.sampler, dtype=np.int64)
        lengths = self.lengths[indices]
        shuffle = self.sampler.shuffle
        pool_size = self.batch_size * self.pool_batches if shuffle else max(len(indices), 1)
        random = self.random()
        for begin in range(0, len(indices), pool_size):
            order = longest_first(lengths[begin:begin + pool_size])
            pool = indices[begin:begin + pool_size][order]
            batches = [pool[start:start + self.batch_size] for start in range(0, len(pool), self.batch_size)]
            for place in random.permutation(len(batches)) if shuffle else range(len(batches)):
                yield batches[place].tolist()
