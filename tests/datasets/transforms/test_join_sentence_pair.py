import numpy as np
import pytest

from mmner.datasets.transforms.join_sentence_pair import JoinSentencePair
from mmner.utils import InputError


def text(ids, units, words=None, windows=None) -> dict:
    record = dict(input_ids=np.array([2, *ids, 3], np.int32), sequence_lengths=windows or [len(ids) + 2],
                  unit_to_token=np.array(units, np.int32))
    return record if words is None else dict(record, unit_words=np.array(words, np.int32))


def test_pair_by_hand():
    """The second text begins with a unit without a token, which stands on the [SEP] before it."""
    joined = JoinSentencePair()(dict(text([11, 12], [1, 2, 2], [0, 1, 1]), where='file:1', is_next=True,
                                     second=text([21, 22, 23], [0, 1, 2, 3], [0, 1, 1, 2])))
    assert joined['input_ids'].tolist() == [2, 11, 12, 3, 21, 22, 23, 3]
    assert joined['token_types'].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert joined['sequence_lengths'] == [8]
    assert joined['unit_to_token'].tolist() == [1, 2, 2, 3, 4, 5, 6]
    words = joined['unit_words'].tolist()
    assert words[:3] == [0, 1, 1] and words[3] > 1 and words[4] == words[5] > words[3] and words[6] > words[5]
    assert 'second' not in joined and joined['is_next']


def test_texts_without_words():
    joined = JoinSentencePair()(dict(text([], []), where='file:1', second=text([21], [1])))
    assert joined['input_ids'].tolist() == [2, 3, 21, 3]
    assert joined['unit_to_token'].tolist() == [2] and 'unit_words' not in joined


def test_a_text_of_several_windows_is_refused():
    with pytest.raises(InputError, match='file:7: a text of a pair is longer than max_length of Tokenize'):
        JoinSentencePair()(dict(text([1], [1]), where='file:7', second=text([1, 2], [1, 2], windows=[2, 2])))


def test_masks_come_behind():
    record = dict(text([1], [1]), where='file:7', second=text([1], [1]), masked_tokens=np.array([1]))
    with pytest.raises(InputError, match='file:7: MaskTokens stands before JoinSentencePair, .* put it behind'):
        JoinSentencePair()(record)
