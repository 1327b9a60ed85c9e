import torch
from torch import Tensor


class UnitGrid:
    """From units laid end to end to a row for each sample, and back. Samples without units have no row.

    Args:
        cu_units (Tensor): (S + 1,) on the CPU, where each sample begins in U.
        device (torch.device): Where the units are.

    Attributes:
        lengths (Tensor): (N,) units of each row.
        mask (Tensor): (N, L) bool, where a row holds a unit; L is at least 1.
    """

    def __init__(self, cu_units: Tensor, device: torch.device):
        lengths = cu_units.diff()
        lengths = lengths[lengths > 0]
        mask = torch.arange(max(lengths.tolist(), default=1)) < lengths[:, None]
        self._places = mask.flatten().nonzero().squeeze(1).to(device, non_blocking=True)    # (U,) in the flat grid
        self.lengths = lengths.to(device, non_blocking=True)
        self.mask = mask.to(device, non_blocking=True)

    def rows(self, values: Tensor) -> Tensor:
        """(U, ...) to (N, L, ...), with 0 behind each row."""
        flat = values.new_zeros(self.mask.numel(), *values.shape[1:]).index_copy(0, self._places, values)
        return flat.view(*self.mask.shape, *values.shape[1:])

    def units(self, grid: Tensor) -> Tensor:
        """(N, L, ...) to (U, ...)."""
        return grid.flatten(0, 1).index_select(0, self._places)
