from collections.abc import Iterator
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(slots=True)
class UnitWindows:
    """R windows of at most `max_length` units, and which pairs of units each of them answers for.

    A sample of no more units is one window. A longer one is cut into windows of that length, of which neighbours
    share half; a pair of units belongs to the one in whose middle part the pair's own middle lies. So each pair of
    units at most `max_length // 2` apart belongs to just one window that holds both, and no pair to two.

    Attributes:
        begins (Tensor): (R,) first unit of each window, in U; all four are on the CPU.
        lengths (Tensor): (R,) units of each.
        lows (Tensor): (R,) and `highs`: a window answers for the pairs (i, j) of units, counted from its first, with
            low <= i + j + 1 < high.
        highs (Tensor): (R,).
    """
    begins: Tensor
    lengths: Tensor
    lows: Tensor
    highs: Tensor

    @classmethod
    def of(cls, cu_units: Tensor, max_length: int) -> 'UnitWindows':
        """The windows of a batch, whose samples begin in U at (S + 1,) `cu_units`."""
        step = max_length - max_length // 2
        sizes = cu_units.diff()                                                             # (S,)
        last_starts = (sizes - max_length).clamp(min=0)                                     # (S,), in the sample
        counts = torch.where(sizes > 0, 1 + (last_starts + step - 1) // step, 0)            # (S,), windows
        firsts = counts.cumsum(0) - counts                                                  # (S,), in R
        begins, sizes, last_starts, firsts = (
            values.repeat_interleave(counts) for values in (cu_units[:-1], sizes, last_starts, firsts))     # (R,)
        starts = torch.minimum((torch.arange(len(firsts)) - firsts) * step, last_starts)    # (R,), in the sample
        lengths = sizes.clamp(max=max_length)
        # Twice the middle of what two neighbours share, in the sample: before each window, and behind the last.
        seams = F.pad((starts + lengths)[:-1] + starts[1:], (1, 1))                         # (R + 1,)
        lows = torch.where(starts > 0, seams[:-1] - 2 * starts, 0)
        highs = torch.where(starts < last_starts, seams[1:] - 2 * starts, 2 * lengths)
        return cls(begins + starts, lengths, lows, highs)

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def length(self) -> int:
        """L, units of the longest window; at least 1."""
        return max(self.lengths.tolist(), default=1)

    def groups(self, num_pairs: int) -> Iterator['UnitWindows']:
        """Some windows at a time: as many as have together no more pairs of units, one at least."""
        step = max(1, num_pairs // self.length ** 2)
        for begin in range(0, len(self), step):
            yield UnitWindows(*(getattr(self, item.name)[begin:begin + step] for item in fields(self)))

    def rows(self, values: Tensor) -> Tensor:
        """(U, ...) to (R, L, ...); rows past the end of a window hold arbitrary units; mask them with `inside`."""
        indices = (self.begins[:, None] + torch.arange(self.length)).clamp(max=max(len(values) - 1, 0))
        chosen = values.index_select(0, indices.flatten().to(values.device, non_blocking=True))
        return chosen.view(*indices.shape, *values.shape[1:])

    def inside(self) -> Tensor:
        """(R, L, L) bool on the CPU: both units are in the window."""
        is_unit = torch.arange(self.length) < self.lengths[:, None]
        return is_unit[:, :, None] & is_unit[:, None]

    def pairs(self) -> Tensor:
        """(R, L, L) bool on the CPU: the window answers for this pair of units."""
        positions = torch.arange(self.length)
        middles = positions[:, None] + positions + 1                                        # (L, L), doubled
        return self.inside() & (middles >= self.lows[:, None, None]) & (middles < self.highs[:, None, None])
