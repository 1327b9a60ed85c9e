from itertools import pairwise

import numpy as np
import pytest

from mmner.apis.parts import Part, cut_between_windows
from mmner.datasets.transforms import PackNERInputs
from mmner.datasets.transforms.windows import windows
from mmner.structures import Entity, NERDataSample


def sample_of(num_tokens: int, *, capacity: int, overlap: int, unit_offsets=None) -> dict:
    """A text of `num_tokens` characters, the n-th with token id n and unit id n, in windows of 0, tokens, 1."""
    starts, ends, owner = windows(num_tokens, capacity, overlap)
    tokens = np.arange(num_tokens) + 2
    pieces = [np.concatenate([[0], tokens[start:end], [1]]) for start, end in zip(starts, ends, strict=True)]
    places = np.arange(len(starts)) * (capacity + 2) + 1
    return PackNERInputs()(dict(
        input_ids=np.concatenate(pieces), sequence_lengths=[len(piece) for piece in pieces], unit_spans=[], entities=[],
        unit_to_token=(places[owner] + np.arange(num_tokens) - starts[owner]).astype(np.int32), unit_ids=tokens,
        text='x' * num_tokens, sample_idx=0, unit_offsets=unit_offsets))


@pytest.mark.parametrize('num_tokens', [21, 30, 57, 100])
@pytest.mark.parametrize('max_tokens', [1, 24, 30, 40, 60])
def test_parts_hold_every_unit_and_answer_for_each_start_once(num_tokens, max_tokens):
    whole = sample_of(num_tokens, capacity=10, overlap=4)
    parts = list(cut_between_windows(whole, 0, max_tokens))
    assert all(part.num_tokens <= max(max_tokens, 36) for part in parts)
    assert [part.begin for part in parts] == [0, *(part.end for part in parts)][:-1] and parts[-1].end == float('inf')
    for part in parts:
        inputs, offsets = part.sample['inputs'], part.sample['data_samples'].unit_offsets
        assert sum(inputs['sequence_lengths']) == part.num_tokens == 12 * len(inputs['sequence_lengths'])
        # The token of a unit is still that of its character, and so is its own id.
        assert (inputs['input_ids'][inputs['unit_to_token']] == offsets[:, 0] + 2).all()
        assert (inputs['unit_ids'] == offsets[:, 0] + 2).all()
        assert offsets[0, 0] <= part.begin and (offsets[:, 1] == offsets[:, 0] + 1).all()
        assert part.end == float('inf') or part.end <= offsets[-1, 1]
    assert parts[0].sample['data_samples'].unit_offsets[0, 0] == 0
    assert parts[-1].sample['data_samples'].unit_offsets[-1, 1] == num_tokens


def test_neighbours_share_a_window_and_hand_over_in_its_middle():
    """25 tokens in windows of 10 that share 5, [0, 10), [5, 15), ..., for [0, 7), [7, 12), [12, 17), [17, 25).

    The last but one is none to hand over in.
    """
    first, second = cut_between_windows(sample_of(25, capacity=10, overlap=5), 0, 24)
    assert [part.sample['data_samples'].unit_offsets[[0, -1], 0].tolist() for part in (first, second)] == [[0, 11],
                                                                                                           [7, 24]]
    assert (first.begin, first.end, second.begin) == (0, 9, 9)


@pytest.mark.parametrize(('max_length', 'overlap', 'expected'), [(64, 16, 23), (32, 8, 11), (64, 0, 31), (64, 40, 11)])
def test_an_entity_of_half_of_what_windows_do_not_share_is_not_cut(max_length, overlap, expected):
    """Where a part hands over, it has as many tokens more."""
    left = [first.sample['data_samples'].unit_offsets[-1, 1] - first.end
            for num_tokens in range(400, 700, 7) for max_tokens in (1, 4 * max_length)
            for first, _ in pairwise(cut_between_windows(
                sample_of(num_tokens, capacity=max_length - 2, overlap=overlap), 0, max_tokens))]
    assert min(left) == expected


def test_a_part_of_few_tokens_is_as_large_as_its_units():
    sample = sample_of(40, capacity=100, overlap=10)
    assert Part(sample).size == 42
    sample['inputs']['input_ids'] = sample['inputs']['input_ids'][:4]
    assert Part(sample).size == 10


def test_given_words_keep_their_offsets():
    words = np.stack([np.arange(25) * 3, np.arange(25) * 3 + 2], axis=1)
    first, second = cut_between_windows(sample_of(25, capacity=10, overlap=5, unit_offsets=words), 0, 24)
    assert first.end == second.begin == 27
    assert second.sample['data_samples'].unit_offsets.tolist() == words[7:].tolist()


def test_entities_are_shifted_and_kept_where_the_part_answers():
    found = [Entity('a', 1, 3, 0.5), Entity('a', 4, 9, 0.6), Entity('b', 6, 7, 0.7)]
    part = Part(dict(data_samples=NERDataSample(0, 'x' * 9, predicted=found)), shift=100, begin=2, end=6)
    assert part.entities == [Entity('a', 104, 109, 0.6)]


def test_what_a_lexicon_tells_goes_with_its_units():
    """Every third character has a feature, its own number, and every sixth a second one."""
    whole = sample_of(57, capacity=10, overlap=4)
    units = np.sort(np.concatenate([np.arange(0, 57, 3), np.arange(0, 57, 6)]))
    whole['inputs'] |= dict(lexicon_units=units, lexicon_ids=units + 100, lexicon_key=9)
    parts = list(cut_between_windows(whole, 0, 24))
    assert len(parts) > 3
    for part in parts:
        inputs, own = part.sample['inputs'], part.sample['data_samples'].unit_offsets[:, 0]
        assert (inputs['lexicon_ids'] == own[inputs['lexicon_units']] + 100).all()
        assert len(inputs['lexicon_ids']) == np.isin(units, own).sum() and inputs['lexicon_key'] == 9


def test_fragments_are_shifted():
    part = Part(dict(data_samples=NERDataSample(0, 'x' * 9, predicted=[Entity('a', 0, 9, 0.5, ((0, 1), (3, 9)))])), 100)
    assert part.entities == [Entity('a', 100, 109, 0.5, ((100, 101), (103, 109)))]
