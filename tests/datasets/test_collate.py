import numpy as np
import pytest
import torch

from mmner.datasets import pack_samples
from mmner.datasets.collate import places_in_runs
from mmner.structures import NERDataSample

INDICES = ('input_ids', 'position_ids', 'unit_to_token', 'unit_ids', 'unit_places', 'cu_units')


def sample_of(index: int, text: str, *, input_ids, sequence_lengths, unit_to_token, unit_ids) -> dict:
    def array(values):
        return np.array(values, np.int32)

    inputs = dict(input_ids=array(input_ids), sequence_lengths=sequence_lengths, unit_to_token=array(unit_to_token),
                  unit_ids=array(unit_ids))
    return dict(inputs=inputs, data_samples=NERDataSample(index, text))


# 'abcd' in windows 'abc' and 'cd', of which c has chosen the second; 'e-' is one token for two units.
WINDOWS = sample_of(5, 'abcd', input_ids=[2, 4, 5, 6, 3, 2, 6, 7, 3], sequence_lengths=[5, 4],
                    unit_to_token=[1, 2, 6, 7], unit_ids=[4, 5, 6, 7])
SHORT = sample_of(2, 'e-', input_ids=[2, 8, 3], sequence_lengths=[3],
                  unit_to_token=[1, 1], unit_ids=[8, 1])
EMPTY = sample_of(0, '', input_ids=[2, 3], sequence_lengths=[2], unit_to_token=[], unit_ids=[])


def values_of(batch) -> dict:
    return {name: getattr(batch, name).tolist() for name in (*INDICES, 'cu_seqlens')}


def test_windows_an_empty_text_and_a_short_one():
    batch = pack_samples([WINDOWS, EMPTY, SHORT])
    assert values_of(batch) == dict(
        input_ids=[2, 4, 5, 6, 3, 2, 6, 7, 3, 2, 3, 2, 8, 3],
        position_ids=[0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 1, 0, 1, 2],
        cu_seqlens=[0, 5, 9, 11, 14],
        unit_to_token=[1, 2, 6, 7, 12, 12],
        unit_ids=[4, 5, 6, 7, 8, 1],
        unit_places=[0, 0, 0, 0, 0, 1],
        cu_units=[0, 4, 4, 6])
    assert batch.max_seqlen == 5 and batch.max_id == 8 and batch.num_units == 6
    assert batch.lexicon_units is batch.lexicon_ids is batch.lexicon_key is None
    assert [sample.index for sample in batch.samples] == [5, 0, 2]
    assert all(getattr(batch, name).dtype == torch.int64 for name in INDICES)
    assert batch.cu_seqlens.dtype == torch.int32


def test_only_empty_texts():
    batch = pack_samples([EMPTY, EMPTY])
    assert values_of(batch) == dict(
        input_ids=[2, 3, 2, 3], position_ids=[0, 1, 0, 1], cu_seqlens=[0, 2, 4], unit_to_token=[], unit_ids=[],
        unit_places=[], cu_units=[0, 0, 0])
    assert batch.max_seqlen == 2 and batch.max_id == 3 and batch.num_units == 0
    assert all(getattr(batch, name).dtype == torch.int64 for name in INDICES)


def test_the_highest_id_may_be_that_of_a_unit():
    rare = dict(SHORT, inputs=SHORT['inputs'] | dict(unit_ids=np.array([8, 90])))
    assert pack_samples([EMPTY, rare]).max_id == 90


def test_types_of_tokens():
    typed = dict(SHORT, inputs=SHORT['inputs'] | dict(token_types=np.array([0, 1, 1])))
    assert pack_samples([typed, typed]).token_types.tolist() == [0, 1, 1, 0, 1, 1]
    assert pack_samples([SHORT]).token_types is None


def test_the_samples_are_as_they_were():
    batch = pack_samples([SHORT])
    batch.input_ids += 100
    assert SHORT['inputs']['input_ids'].tolist() == [2, 8, 3]


def test_what_a_lexicon_tells_of_samples_with_and_without_words():
    def told(sample: dict, units: list[int], ids: list[int]) -> dict:
        lexicon = dict(lexicon_units=np.array(units, np.int32), lexicon_ids=np.array(ids, np.int32), lexicon_key=9)
        return dict(sample, inputs=sample['inputs'] | lexicon)

    none, some = told(SHORT, [], []), told(SHORT, [0, 1, 1], [7, 2, 3])
    batch = pack_samples([none, told(EMPTY, [], []), some, told(WINDOWS, [3], [0]), some, none])
    assert batch.cu_units.tolist() == [0, 2, 2, 4, 8, 10, 12]
    assert batch.lexicon_units.tolist() == [2, 3, 3, 7, 8, 9, 9]
    assert batch.lexicon_ids.tolist() == [7, 2, 3, 0, 7, 2, 3] and batch.lexicon_key == 9
    assert batch.lexicon_units.dtype == batch.lexicon_ids.dtype == torch.int64
    assert some['inputs']['lexicon_units'].tolist() == [0, 1, 1]
    batch = pack_samples([none, none])
    assert batch.lexicon_units.tolist() == batch.lexicon_ids.tolist() == []
    assert batch.lexicon_units.dtype == batch.lexicon_ids.dtype == torch.int64


def test_runs_end_with_their_sample():
    """Units of two samples never count as of one token, also where all of them stand on a bos."""
    blank = sample_of(0, '  ', input_ids=[2, 3], sequence_lengths=[2], unit_to_token=[0, 0], unit_ids=[1, 1])
    batch = pack_samples([blank, blank, SHORT])
    assert batch.unit_to_token.tolist() == [0, 0, 2, 2, 5, 5] and batch.unit_places.tolist() == [0, 1] * 3


@pytest.mark.parametrize(('values', 'places'), [
    ([], []), ([7], [0]), ([3, 3, 5], [0, 1, 0]), ([0, 0, 0, 1, 2, 2], [0, 1, 2, 0, 0, 1])])
def test_places_in_runs(values, places):
    assert places_in_runs(np.array(values, np.int32)).tolist() == places


def test_what_the_batch_has_no_field_for_is_dropped():
    with_more = dict(SHORT, inputs=SHORT['inputs'] | dict(feature=np.ones(2)), feature=np.ones(2))
    assert repr(pack_samples([with_more])) == repr(pack_samples([SHORT]))
