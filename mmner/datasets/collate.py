import numpy as np
import torch
from torch import Tensor

from mmner.registry import FUNCTIONS
from mmner.structures import PackedBatch


@FUNCTIONS.register_module()
def pack_samples(samples: list[dict]) -> PackedBatch:
    """Lay samples from `PackNERInputs` end to end: a DataLoader's `collate_fn`."""
    inputs = [sample['inputs'] for sample in samples]
    seqlens = np.array([length for item in inputs for length in item['sequence_lengths']])
    cu_seqlens = cumulative(seqlens)
    first_tokens = cumulative([len(item['input_ids']) for item in inputs])[:-1]
    num_units = [len(item['unit_to_token']) for item in inputs]

    def joined(key: str) -> np.ndarray:
        return np.concatenate([item[key] for item in inputs])

    return PackedBatch(
        input_ids=as_index(joined('input_ids')),
        position_ids=as_index(np.arange(cu_seqlens[-1]) - np.repeat(cu_seqlens[:-1], seqlens)),
        cu_seqlens=torch.from_numpy(cu_seqlens.astype(np.int32)),
        max_seqlen=int(seqlens.max()),
        unit_to_token=as_index(joined('unit_to_token') + np.repeat(first_tokens, num_units)),
        unit_ids=as_index(joined('unit_ids')),
        unit_places=as_index(joined('unit_places')),
        cu_units=as_index(cumulative(num_units)),
        samples=[sample['data_samples'] for sample in samples])


def cumulative(lengths) -> np.ndarray:
    """Lengths (N,) to borders (N + 1,), beginning with 0."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def as_index(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.int64))
