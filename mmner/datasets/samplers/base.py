import numpy as np
from mmengine.dataset import ConcatDataset, RepeatDataset
from torch.utils.data import Dataset, Sampler

from mmner.utils import InputError


class BaseLengthBatchSampler(Sampler):
    """Batches of samples of like length.

    Args:
        sampler (Sampler): mmengine's DefaultSampler, or one with its `dataset`, `shuffle`, `seed` and `epoch`; the
            dataset has `lengths`, the tokens of each sample, or is a ConcatDataset or RepeatDataset of such.
        sizes (int): Arguments of the concrete sampler that must be at least 1.

    Raises:
        InputError: No batch can be made of this: an endless sampler, a dataset without `lengths`, a size below 1.
    """

    def __init__(self, sampler: Sampler, **sizes: int):
        name = type(self).__name__
        if min(sizes.values()) < 1:
            given = ' and '.join(f'{key}={size}' for key, size in sizes.items())
            raise InputError(f'{name}: {given} must be at least 1')
        lengths = lengths_of(sampler.dataset) if hasattr(sampler, 'epoch') else None
        if lengths is None:
            given = f'{type(sampler).__name__} over {type(sampler.dataset).__name__}'
            raise InputError(f'{name}: cannot use {given}; give a DefaultSampler over a NERDataset, or over a '
                             'ConcatDataset or RepeatDataset of such')
        self.sampler = sampler
        self.lengths = lengths

    def random(self) -> np.random.Generator:
        """The same for the same seed and epoch."""
        return np.random.default_rng((self.sampler.seed, self.sampler.epoch))


def lengths_of(dataset: Dataset) -> np.ndarray | None:
    """(number of samples,) tokens of each sample, also of a dataset made of others; None where they are not known."""
    if isinstance(dataset, ConcatDataset):
        parts = [lengths_of(part) for part in dataset.datasets]
        return None if any(part is None for part in parts) else np.concatenate(parts)
    if isinstance(dataset, RepeatDataset):
        once = lengths_of(dataset.dataset)
        return None if once is None else np.tile(once, dataset.times)
    return getattr(dataset, 'lengths', None)


def longest_first(lengths: np.ndarray) -> np.ndarray:
    """(n,) lengths to the (n,) places that sort them; of equal ones the first stays first."""
    return np.argsort(-lengths, kind='stable')
