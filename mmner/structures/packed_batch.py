from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from mmner.structures.data_sample import NERDataSample


@dataclass(slots=True)
class PackedBatch:
    """Samples laid end to end: no padding, borders in cumulative lengths.

    A short text is one sequence; a text longer than the encoder reads is several overlapping sequences (windows) of
    which each unit has chosen one. So N sequences carry S samples, N >= S, and whoever works on units never sees
    windows.

    Attributes:
        input_ids (Tensor): (T,) token ids with the first and last token of each sequence.
        position_ids (Tensor): (T,) place of each token in its sequence, from 0.
        cu_seqlens (Tensor): (N + 1,) int32, where each sequence begins in T.
        max_seqlen (int): L, the longest sequence.
        max_id (int): The highest of `input_ids` and `unit_ids`.
        unit_to_token (Tensor): (U,) index into T of the token that stands for each unit.
        unit_ids (Tensor): (U,) id of each unit standing alone.
        unit_places (Tensor): (U,) how many units of the same token come before it.
        cu_units (Tensor): (S + 1,) int64 on the CPU, where each sample begins in U.
        samples (list[NERDataSample]): The S samples; PretrainingSample in pre-training, where the masked tokens are the
            units and `unit_ids` is what stood there.
        lexicon_units (Tensor, optional): (M,) index into U, rising, of M pairs of a unit and what a lexicon tells about
            it. None, as are the next two, where there is no lexicon.
        lexicon_ids (Tensor, optional): (M,) the other half of these pairs, as `feature_id` numbers it.
        lexicon_key (int, optional): Stands for the tags of that lexicon, see `tags_key`.
        token_types (Tensor, optional): (T,) type of each token, for pairs of texts. None: all are of type 0.
    """
    input_ids: Tensor
    position_ids: Tensor
    cu_seqlens: Tensor
    max_seqlen: int
    max_id: int
    unit_to_token: Tensor
    unit_ids: Tensor
    unit_places: Tensor
    cu_units: Tensor
    samples: list[NERDataSample]
    lexicon_units: Tensor | None = None
    lexicon_ids: Tensor | None = None
    lexicon_key: int | None = None
    token_types: Tensor | None = None

    @property
    def num_units(self) -> int:
        return len(self.unit_to_token)

    def to(self, device: torch.device | str) -> 'PackedBatch':
        """A copy whose tensors, but for `cu_units`, are on `device`."""
        return self._mapped(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> 'PackedBatch':
        """A copy in page-locked memory; torch's DataLoader calls it when `pin_memory=True`."""
        return self._mapped(Tensor.pin_memory)

    def _mapped(self, function) -> 'PackedBatch':
        return replace(self, **{
            item.name: function(value) for item in fields(self)
            if isinstance(value := getattr(self, item.name), Tensor) and item.name != 'cu_units'})
