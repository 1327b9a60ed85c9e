import copy
import dataclasses

import pytest
import torch

from mmner.structures import NERDataSample, PackedBatch

TENSORS = ('input_ids', 'position_ids', 'cu_seqlens', 'unit_to_token', 'unit_ids', 'unit_places')


@pytest.fixture
def batch() -> PackedBatch:
    return PackedBatch(
        input_ids=torch.tensor([2, 4, 3, 2, 5, 6, 3]), position_ids=torch.tensor([0, 1, 2, 0, 1, 2, 3]),
        cu_seqlens=torch.tensor([0, 3, 7], dtype=torch.int32), max_seqlen=4, max_id=6,
        unit_to_token=torch.tensor([1, 4, 5]), unit_ids=torch.tensor([4, 5, 6]), unit_places=torch.tensor([0, 0, 0]),
        cu_units=torch.tensor([0, 1, 3]), samples=[NERDataSample(0, 'a'), NERDataSample(1, 'bc')])


def test_number_of_units(batch):
    assert batch.num_units == 3


def test_what_a_lexicon_tells_goes_along(batch):
    lexicon = dict(lexicon_units=torch.tensor([0, 2]), lexicon_ids=torch.tensor([5, 0]), lexicon_key=77)
    moved = dataclasses.replace(batch, **lexicon).to('meta')
    assert moved.lexicon_units.device.type == moved.lexicon_ids.device.type == 'meta' and moved.lexicon_key == 77
    assert batch.to('meta').lexicon_units is None


def test_token_types_go_along(batch):
    typed = dataclasses.replace(batch, token_types=torch.tensor([0, 0, 0, 0, 1, 1, 1]))
    assert typed.to('meta').token_types.device.type == 'meta' and batch.to('meta').token_types is None


def test_to_moves_all_but_the_borders_of_samples(batch):
    before = copy.deepcopy(batch)
    moved = batch.to('meta')
    assert {name: getattr(moved, name).device.type for name in TENSORS} == dict.fromkeys(TENSORS, 'meta')
    assert moved.cu_units is batch.cu_units and moved.samples is batch.samples and moved.max_seqlen == 4
    for item in dataclasses.fields(PackedBatch):                        # the given one is as it was
        mine, theirs = getattr(batch, item.name), getattr(before, item.name)
        assert torch.equal(mine, theirs) if isinstance(mine, torch.Tensor) else mine == theirs


@pytest.mark.skipif(not torch.cuda.is_available(), reason='page-locked memory needs CUDA')
def test_pinned_and_on_the_gpu(batch):
    pinned = batch.pin_memory()
    assert all(getattr(pinned, name).is_pinned() for name in TENSORS)
    moved = pinned.to('cuda')
    assert all(getattr(moved, name).is_cuda for name in TENSORS) and not moved.cu_units.is_cuda
    assert all(torch.equal(getattr(moved, name).cpu(), getattr(batch, name)) for name in TENSORS)
