import torch
import torch.nn.functional as F
from torch import Tensor

from mmner.models.layers import UnitGrid, viterbi
from mmner.structures import TagScheme


class ValidTags:
    """The most probable tag sequence among those that a tag scheme allows.

    A unit's best tag taken alone may not fit its neighbours: an I- without its B-. Such a sequence stands for no
    entities; to read entities into it costs many false ones. A sample whose best tags are valid keeps them; the others
    are searched by Viterbi's algorithm.
    """

    def __init__(self, tag_scheme: TagScheme):
        self.allowed, self.allowed_start, self.allowed_end = map(
            torch.from_numpy, (tag_scheme.allowed, tag_scheme.allowed_start, tag_scheme.allowed_end))

    def __call__(self, log_probs: Tensor, cu_units: Tensor) -> Tensor:
        """(U, K) log probabilities and (S + 1,) borders, both on the CPU, to (U,) tag ids."""
        tags = log_probs.argmax(dim=-1)
        lengths = cu_units.diff()
        sample = torch.repeat_interleave(torch.arange(len(lengths)), lengths)               # (U,)
        invalid = torch.zeros(len(lengths), dtype=torch.bool)
        invalid[sample[self._breaks(tags, sample)]] = True
        if invalid.any():
            searched = invalid[sample]                                          # (U,)
            tags[searched] = self._search(log_probs[searched], lengths[invalid])
        return tags

    def _breaks(self, tags: Tensor, sample: Tensor) -> Tensor:
        """(U,) bool: the tag may not stand where it stands."""
        first = torch.ones_like(tags, dtype=torch.bool)
        first[1:] = sample[1:] != sample[:-1]
        last = first.roll(-1)
        follows = first | self.allowed[tags.roll(1), tags]
        return ~follows | (first & ~self.allowed_start[tags]) | (last & ~self.allowed_end[tags])

    def _search(self, log_probs: Tensor, lengths: Tensor) -> Tensor:
        """(V, K) log probabilities of samples of these lengths to (V,) tag ids."""
        costs = (torch.zeros_like(allowed, dtype=log_probs.dtype).masked_fill(~allowed, -torch.inf)
                 for allowed in (self.allowed, self.allowed_start, self.allowed_end))
        grid = UnitGrid(F.pad(lengths.cumsum(0), (1, 0)), log_probs.device)
        return grid.units(viterbi(grid.rows(log_probs), grid.lengths, *costs))
