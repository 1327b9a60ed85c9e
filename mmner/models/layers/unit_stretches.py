from collections.abc import Iterator
from dataclasses import dataclass, fields

import torch
from torch import Tensor


@dataclass(slots=True)
class UnitStretches:
    """R stretches of at most `max_length` units, and which pairs of units each of them answers for.

    A sample of no more units is one stretch. A longer one is cut into stretches of that length, of which neighbours
    share half; a pair of units belongs to the one in whose middle part the pair's own middle lies. So each pair of
    units at most `max_length // 2` apart belongs to just one stretch that holds both, and no pair to two.

    Attributes:
        begins (Tensor): (R,) first unit of each stretch, in U; all four are on the CPU.
        lengths (Tensor): (R,) units of each.
        lows (Tensor): (R,) and `highs`: a stretch answers for the pairs (i, j) of units, counted from its first, with
            low <= i + j + 1 < high.
        highs (Tensor): (R,).
    """
    begins: Tensor
    lengths: Tensor
    lows: Tensor
    highs: Tensor

    @classmethod
    def of(cls, cu_units: Tensor, max_length: int) -> 'UnitStretches':
        """The stretches of a batch, whose samples begin in U at (S + 1,) `cu_units`."""
        step = max_length - max_length // 2
        sizes = cu_units.diff()                                                             # (S,)
        counts = 1 + (sizes - max_length).clamp(min=0).add(step - 1).div(step, rounding_mode='floor')
        counts = counts * (sizes > 0)
        firsts = counts.cumsum(0) - counts                                                  # (S,), in R
        sizes, places = (values.repeat_interleave(counts) for values in (sizes, firsts))    # (R,)
        places = torch.arange(len(places)) - places                                         # of a stretch in its sample
        starts = torch.minimum(places * step, (sizes - max_length).clamp(min=0))
        lengths = sizes.clamp(max=max_length)
        # Twice the middle of what two neighbours share, from the first unit of the one or of the other.
        seams = (starts + lengths)[:-1] + starts[1:]
        lows = torch.where(places > 0, torch.cat([seams[:0], seams.new_zeros(1), seams])[:len(starts)] - 2 * starts, 0)
        is_last = torch.cat([places[1:] == 0, places.new_ones(1, dtype=torch.bool)])[:len(places)]
        highs = torch.where(is_last, 2 * lengths, torch.cat([seams, seams.new_zeros(1)])[:len(starts)] - 2 * starts)
        return cls(cu_units[:-1].repeat_interleave(counts) + starts, lengths, lows, highs)

    def __len__(self) -> int:
        return len(self.begins)

    @property
    def length(self) -> int:
        """L, units of the longest stretch; at least 1."""
        return max(self.lengths.tolist(), default=1)

    def groups(self, num_pairs: int) -> Iterator['UnitStretches']:
        """Some stretches at a time: as many as have together no more pairs of units, one at least."""
        step = max(1, num_pairs // self.length ** 2)
        for begin in range(0, len(self), step):
            yield UnitStretches(*(getattr(self, item.name)[begin:begin + step] for item in fields(self)))

    def rows(self, values: Tensor) -> Tensor:
        """(U, ...) to (R, L, ...); what stands behind the end of a stretch is some unit or other."""
        places = (self.begins[:, None] + torch.arange(self.length)).clamp(max=max(len(values) - 1, 0))
        chosen = values.index_select(0, places.flatten().to(values.device, non_blocking=True))
        return chosen.view(*places.shape, *values.shape[1:])

    def inside(self) -> Tensor:
        """(R, L, L) bool on the CPU: both units are in the stretch."""
        is_unit = torch.arange(self.length) < self.lengths[:, None]
        return is_unit[:, :, None] & is_unit[:, None]

    def pairs(self) -> Tensor:
        """(R, L, L) bool on the CPU: the stretch answers for this pair of units."""
        places = torch.arange(self.length)
        middles = places[:, None] + places + 1                                              # (L, L), doubled
        return self.inside() & (middles >= self.lows[:, None, None]) & (middles < self.highs[:, None, None])
