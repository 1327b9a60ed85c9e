from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

from mmner.datasets.samplers.base import BaseLengthBatchSampler, longest_first
from mmner.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class TokenBudgetBatchSampler(BaseLengthBatchSampler):
    """Batches of samples of like length that hold at most `max_tokens` tokens.

    The tokens are those of the packed batch, where nothing is padded. A sample with more than `max_tokens` is never
    lost: it is a batch of its own, the only kind that exceeds the budget.

    All samples are sorted by length, longest first, and cut where the budget is spent, so the number of batches is the
    same in every epoch. Of a shuffling sampler the seed and the epoch draw the order of samples of equal length and
    the order of the batches. Of `sampler` only its attributes are used, not the indices it gives.

    Several ranks share the batches, each taking its turn. Where the sampler rounds up (`round_up`, as training needs
    it), all of them get the same number, for which the first batches may be given twice. Otherwise every sample comes
    exactly once, and the first ranks may have one batch more.

    Args:
        sampler (Sampler): As for `BaseLengthBatchSampler`, which names the errors, too; also `rank`,
            `world_size` and `round_up`.
        max_tokens (int): Tokens in a batch, those put before and behind each sequence included.
        batch_size (int): Samples in a batch at the most.
    """

    def __init__(self, *, sampler: Sampler, max_tokens: int, batch_size: int):
        super().__init__(sampler, max_tokens=max_tokens, batch_size=batch_size)
        self.max_tokens = max_tokens
        self.batch_size = batch_size
        self._borders = cut_by_budget(self.lengths[longest_first(self.lengths)], max_tokens, batch_size)

    def __len__(self) -> int:
        return len(self._turns(np.arange(len(self._borders) - 1)))

    def __iter__(self) -> Iterator[list[int]]:
        random = self.random()
        samples, batches = np.arange(len(self.lengths)), np.arange(len(self._borders) - 1)
        if self.sampler.shuffle:
            random.shuffle(samples)
            random.shuffle(batches)
        samples = samples[longest_first(self.lengths[samples])]
        for batch in self._turns(batches):
            yield samples[self._borders[batch]:self._borders[batch + 1]].tolist()

    def _turns(self, batches: np.ndarray) -> np.ndarray:
        """The batches of this rank."""
        rank, world_size = self.sampler.rank, self.sampler.world_size
        if self.sampler.round_up:
            batches = np.resize(batches, -(-len(batches) // world_size) * world_size)
        return batches[rank::world_size]


def cut_by_budget(lengths: np.ndarray, max_tokens: int, batch_size: int) -> np.ndarray:
    """Cut a row of samples into batches, each as long as the budget and the size allow, but at least one sample.

    Args:
        lengths: (n,) tokens of each sample.
        max_tokens: Tokens in a batch.
        batch_size: Samples in a batch.

    Returns:
        np.ndarray: (batches + 1,) where the batches begin, and n.
    """
    ends = np.cumsum(lengths)                           # tokens up to and with each sample
    borders = [0]
    while borders[-1] < len(lengths):
        begin = borders[-1]
        fits = np.searchsorted(ends, ends[begin] - lengths[begin] + max_tokens, side='right')
        borders.append(int(min(max(fits, begin + 1), begin + batch_size)))
    return np.array(borders)
