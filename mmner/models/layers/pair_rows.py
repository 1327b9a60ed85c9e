import torch
from torch import Tensor


class PairRows:
    """The pairs of a first and a last unit of one sample with at most `width` units from one to the other, in rows.

    A row has up to `width` first units of a sample and the last units that go with them: all of a sample that is no
    longer, else a piece. So the memory for P pairs grows with the units, not with their square.

    Args:
        cu_units (Tensor): (S + 1,) on the CPU, where each sample begins in U.
        width (int): Units of the longest pair.
        device (torch.device): Where the units are.

    Attributes:
        firsts (Tensor): (N, I) first units of each row in U; those behind its sample's end are in no pair.
        lasts (Tensor): (N, J) last units likewise; they begin with the same unit.
        pairs (Tensor): (N, I, J) bool that tells the pairs.
        begins (Tensor): (N,) on the CPU, the first of the first units.
        samples (Tensor): (N,) on the CPU, the sample of each row, samples without units left out.
    """

    def __init__(self, cu_units: Tensor, width: int, device: torch.device):
        lengths = cu_units.diff()
        ends, lengths = cu_units[1:][lengths > 0], lengths[lengths > 0]
        counts = (lengths + width - 1) // width                                             # rows of each sample
        self.samples = torch.arange(len(lengths)).repeat_interleave(counts)
        place = torch.arange(len(self.samples)) - (counts.cumsum(0) - counts)[self.samples]     # in the sample
        self.begins = (ends - lengths)[self.samples] + width * place
        rest = ends[self.samples] - self.begins                                             # units to the sample's end
        longest = max(rest.tolist(), default=0)
        first = torch.arange(min(longest, width), device=device)
        last = torch.arange(min(longest, 2 * width - 1), device=device)
        distance = last - first[:, None]
        rest, begins = (values.to(device, non_blocking=True)[:, None] for values in (rest, self.begins))
        self.pairs = (distance >= 0) & (distance < width) & (last < rest)[:, None]
        self.firsts, self.lasts = (begins + torch.minimum(units, rest - 1) for units in (first, last))
