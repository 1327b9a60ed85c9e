from collections import Counter

import numpy as np
import pytest

from mmner.datasets.transforms.mask_tokens import MaskTokens, words_of_units
from mmner.utils import InputError

PAD, UNK, CLS, SEP, MASK = range(5)
SIZE = 55


@pytest.fixture
def tokenizer(tmp_path):
    """50 characters with the ids 5 to 54 behind the special ones."""
    pieces = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', *(chr(0x4e00 + index) for index in range(50))]
    (tmp_path / 'vocab.txt').write_text('\n'.join(pieces), encoding='utf8')
    return dict(type='mmner.BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'))


def results(ids, index=0, **more) -> dict:
    """A text of which every token is a unit."""
    return dict(input_ids=np.array([CLS, *ids, SEP], np.int32), unit_to_token=np.arange(1, len(ids) + 1),
                sample_idx=index, where='file:1') | more


def test_shares_by_counting(tokenizer):
    np.random.seed(0)
    transform, chosen, kinds, others = MaskTokens(tokenizer=tokenizer), 0, Counter(), Counter()
    ids = np.arange(200) % 50 + 5
    for _ in range(500):
        masked = transform(results(ids))
        tokens = masked['masked_tokens']
        assert np.array_equal(masked['masked_ids'], ids[tokens - 1])
        shown = masked['input_ids'][tokens]
        untouched = np.delete(np.arange(202), tokens)
        assert np.array_equal(masked['input_ids'][untouched], np.array([CLS, *ids, SEP])[untouched])
        chosen += len(tokens)
        is_mask, is_same = shown == MASK, shown == masked['masked_ids']
        kinds.update(mask=is_mask.sum(), same=is_same.sum(), other=(~is_mask & ~is_same).sum())
        others.update(shown[~is_mask & ~is_same].tolist())
    assert chosen / 100_000 == pytest.approx(0.15, abs=0.005)
    # One of 50 random tokens is the same as before.
    expected = dict(mask=0.8, other=0.1 * 49 / 50, same=0.1 + 0.1 / 50)
    assert {kind: count / chosen for kind, count in kinds.items()} == pytest.approx(expected, abs=0.01)
    assert set(others) == set(range(5, SIZE)) and max(others.values()) < 60     # mean 30


def test_fresh_masks_at_each_access_or_always_the_same(tokenizer):
    np.random.seed(1)
    ids = np.arange(40) + 5
    drawn = {tuple(MaskTokens(tokenizer=tokenizer)(results(ids))['masked_tokens']) for _ in range(5)}
    assert len(drawn) == 5
    fixed = MaskTokens(tokenizer=tokenizer, seed=3)
    first, again, other = fixed(results(ids)), fixed(results(ids)), fixed(results(ids, index=1))
    assert all(np.array_equal(first[key], again[key]) for key in ('input_ids', 'masked_tokens', 'masked_ids'))
    assert not np.array_equal(first['masked_tokens'], other['masked_tokens'])


def test_special_and_unknown_tokens_are_never_masked(tokenizer):
    ids = [UNK, 7, 8, SEP, CLS, MASK, PAD, 9]
    masked = MaskTokens(tokenizer=tokenizer, probability=1)(results(ids))
    assert masked['masked_tokens'].tolist() == [2, 3, 8]
    assert masked['masked_ids'].tolist() == [7, 8, 9]
    of_none = MaskTokens(tokenizer=tokenizer, probability=1)(results([7], unit_to_token=np.array([0])))
    assert len(of_none['masked_tokens']) == 0                   # a unit without a token stands on [CLS]


def test_a_word_is_masked_whole(tokenizer):
    """Words 5 6 | 7 8 9 | 10, each with probability 0.15; [MASK] or not is drawn for each token."""
    np.random.seed(2)
    transform, words, seen = MaskTokens(tokenizer=tokenizer), np.array([0, 0, 1, 1, 1, 2]), Counter()
    for _ in range(4000):
        masked = transform(results(range(5, 11), unit_words=words))
        seen.update(word for word, tokens in enumerate(({5, 6}, {7, 8, 9}, {10}))
                    if tokens <= set(masked['masked_ids'].tolist()))
        assert set(masked['masked_ids'].tolist()) in ({*a, *b, *c} for a in ((), (5, 6)) for b in ((), (7, 8, 9))
                                                      for c in ((), (10,)))
    assert [seen[word] / 4000 for word in range(3)] == pytest.approx([0.15] * 3, abs=0.02)


@pytest.mark.parametrize(('tokens', 'words', 'expected'), [
    ([1, 2, 3], [0, 1, 2], [0, 1, 2]),
    ([1, 1, 2, 3], [0, 1, 2, 2], [0, 0, 1, 1]),             # two characters in a token
    ([1, 2, 2, 3, 4], [0, 0, 1, 1, 2], [0, 0, 0, 0, 1]),    # a token holds the end of a word and the start of the next
    ([1, 2, 7, 8], [0, 1, 1, 2], [0, 1, 1, 2]),             # a word whose second token is in another window
    ([], [], [])])
def test_words_share_no_token(tokens, words, expected):
    assert words_of_units(np.array(tokens), np.array(words)).tolist() == expected


def test_only_the_window_that_answers_for_a_token_is_masked(tokenizer):
    """Two windows of tokens 5 6 7 and 6 7 8: 6 belongs to the first, 7 to the second."""
    text = dict(input_ids=np.array([CLS, 5, 6, 7, SEP, CLS, 6, 7, 8, SEP], np.int32), sample_idx=0,
                unit_to_token=np.array([1, 2, 7, 8]))
    masked = MaskTokens(tokenizer=tokenizer, probability=1)(text)
    assert masked['masked_tokens'].tolist() == [1, 2, 7, 8]
    assert masked['masked_ids'].tolist() == [5, 6, 7, 8]


def test_mistakes(tokenizer):
    with pytest.raises(InputError, match='probability=0 is not above 0'):
        MaskTokens(tokenizer=tokenizer, probability=0)
    with pytest.raises(InputError, match='file:1: MaskTokens reads texts, not given words'):
        MaskTokens(tokenizer=tokenizer)(results([7], unit_offsets=np.array([[0, 1]])))
