import numpy as np
from torch.utils.data import Sampler

from mmner.utils import InputError


class BaseLengthBatchSampler(Sampler):
    """Batches of samples of like length.

    Args:
        sampler (Sampler): mmengine's DefaultSampler, or one with its `dataset`, `shuffle`, `seed` and `epoch`; the
            dataset has `lengths`, the tokens of each sample.
        sizes (int): Arguments of the concrete sampler that must be at least 1.

    Raises:
        InputError: No batch can be made of this: an endless sampler, a dataset without `lengths`, a size below 1.
    """

    def __init__(self, sampler: Sampler, **sizes: int):
        name = type(self).__name__
        if min(sizes.values()) < 1:
            given = ' and '.join(f'{key}={size}' for key, size in sizes.items())
            raise InputError(f'{name}: {given} must be at least 1')
        if not (hasattr(sampler, 'epoch') and hasattr(sampler.dataset, 'lengths')):
            given = f'{type(sampler).__name__} over {type(sampler.dataset).__name__}'
            raise InputError(f'{name}: cannot use {given}; give a DefaultSampler over a NERDataset')
        self.sampler = sampler

    def random(self) -> np.random.Generator:
        """The same for the same seed and epoch."""
        return np.random.default_rng((self.sampler.seed, self.sampler.epoch))


def longest_first(lengths: np.ndarray) -> np.ndarray:
    """(n,) lengths to the (n,) places that sort them; of equal ones the first stays first."""
    return np.argsort(-lengths, kind='stable')
