from itertools import chain

import numpy as np
import torch

from mmner.registry import FUNCTIONS
from mmner.structures import PackedBatch


@FUNCTIONS.register_module()
def pack_samples(samples: list[dict]) -> PackedBatch:
    """Lay samples from `PackNERInputs` or `PackMaskedInputs` end to end: a DataLoader's `collate_fn`."""
    inputs = [sample['inputs'] for sample in samples]
    cu_seqlens = np.cumsum([0, *chain.from_iterable(item['sequence_lengths'] for item in inputs)])
    cu_tokens = np.cumsum([0, *(len(item['input_ids']) for item in inputs)])
    cu_units = np.cumsum([0, *(len(item['unit_to_token']) for item in inputs)])
    seqlens = np.diff(cu_seqlens)

    def joined(key: str) -> np.ndarray:
        return np.concatenate([item[key] for item in inputs], dtype=np.int64, casting='same_kind')

    # Samples and windows share no token, so no run of units with the same token reaches from one into the next.
    unit_to_token = joined('unit_to_token') + np.repeat(cu_tokens[:-1], np.diff(cu_units))
    input_ids, unit_ids = joined('input_ids'), joined('unit_ids')
    return PackedBatch(
        input_ids=torch.from_numpy(input_ids),
        position_ids=torch.from_numpy(np.arange(cu_seqlens[-1]) - np.repeat(cu_seqlens[:-1], seqlens)),
        cu_seqlens=torch.from_numpy(cu_seqlens.astype(np.int32)),
        max_seqlen=seqlens.max().item(),
        max_id=max(input_ids.max().item(), unit_ids.max(initial=0).item()),
        unit_to_token=torch.from_numpy(unit_to_token),
        unit_ids=torch.from_numpy(unit_ids),
        unit_places=torch.from_numpy(places_in_runs(unit_to_token)),
        cu_units=torch.from_numpy(cu_units),
        samples=[sample['data_samples'] for sample in samples],
        token_types=torch.from_numpy(joined('token_types')) if 'token_types' in inputs[0] else None,
        **packed_lexicon(inputs, cu_units))


def packed_lexicon(inputs: list[dict], cu_units: np.ndarray) -> dict:
    """What `MatchLexicon` added, as PackedBatch holds it; nothing where it stands in no pipeline."""
    if 'lexicon_key' not in inputs[0]:
        return {}
    units, ids = (np.concatenate([item[key] for item in inputs], dtype=np.int64, casting='same_kind')
                  for key in ('lexicon_units', 'lexicon_ids'))
    units += np.repeat(cu_units[:-1], [len(item['lexicon_units']) for item in inputs])
    return dict(lexicon_units=torch.from_numpy(units), lexicon_ids=torch.from_numpy(ids),
                lexicon_key=inputs[0]['lexicon_key'])


def places_in_runs(values: np.ndarray) -> np.ndarray:
    """For each value of a non-decreasing array, how many equal ones stand before it: [3, 3, 5] to [0, 1, 0]."""
    index = np.arange(len(values))
    begins = np.ones(len(values), bool)
    begins[1:] = values[1:] != values[:-1]
    return index - np.maximum.accumulate(index * begins)
