import numpy as np

from mmner.datasets.transforms import PackNERInputs
from mmner.structures import Entity, NERDataSample

ARRAYS = dict(input_ids=np.array([2, 4, 5, 3]), sequence_lengths=[4], unit_to_token=np.array([1, 2]),
              unit_ids=np.array([4, 5]))


def test_inputs_and_sample():
    entities = [Entity('x', 0, 2), Entity('y', 2, 9)]                   # the second lies behind the cut
    results = dict(ARRAYS, sample_idx=7, text='ab cutoff', entities=entities, unit_spans=[('x', 0, 2)], where='a:1')
    packed = PackNERInputs()(results)
    assert packed == dict(inputs=ARRAYS, data_samples=NERDataSample(
        index=7, text='ab cutoff', entities=entities, unit_offsets=None, unit_spans=[('x', 0, 2)], predicted=[]))
    assert all(packed['inputs'][key] is value for key, value in ARRAYS.items())


def test_words_keep_their_offsets():
    offsets = np.array([[0, 2], [3, 5]])
    packed = PackNERInputs()(dict(ARRAYS, sample_idx=0, text='ab cd', entities=[], unit_spans=[], unit_offsets=offsets))
    assert packed['data_samples'].unit_offsets is offsets


def test_what_a_lexicon_tells_goes_along():
    lexicon = dict(lexicon_units=np.array([0, 1]), lexicon_ids=np.array([3, 0]), lexicon_key=9)
    packed = PackNERInputs()(dict(ARRAYS, **lexicon, sample_idx=0, text='ab', entities=[], unit_spans=[]))
    assert packed['inputs'] == ARRAYS | lexicon
