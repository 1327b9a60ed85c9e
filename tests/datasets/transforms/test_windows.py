import numpy as np
import pytest

from mmner.datasets.transforms.windows import windows


def test_by_hand():
    starts, ends, owner = windows(11, 6, 2)
    assert starts.tolist() == [0, 4, 5]                 # the last begins where it ends with the text
    assert ends.tolist() == [6, 10, 11]
    assert owner.tolist() == [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2]


def test_no_overlap():
    starts, ends, owner = windows(6, 3, 0)
    assert (starts.tolist(), ends.tolist(), owner.tolist()) == ([0, 3], [3, 6], [0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize('capacity', [1, 2, 3, 5, 8, 13])
def test_every_token_is_read_with_context(capacity):
    for overlap in range(capacity):
        for num_tokens in range(capacity + 1, 4 * capacity + 12):
            starts, ends, owner = windows(num_tokens, capacity, overlap)
            case = (num_tokens, capacity, overlap)
            assert starts[0] == 0 and ends[-1] == num_tokens, case
            assert (ends - starts == capacity).all() and (np.diff(starts) > 0).all(), case
            assert (ends[:-1] - starts[1:] >= overlap).all(), case
            # No window more than needed: each but the first adds at most capacity - overlap tokens.
            assert len(starts) == 1 + -(-(num_tokens - capacity) // (capacity - overlap)), case
            assert len(owner) == num_tokens and (np.diff(owner) >= 0).all(), case
            for token, window in enumerate(owner):
                start, end = starts[window], ends[window]
                assert start <= token < end, case
                assert token - start >= min(overlap // 2, token), case
                assert end - 1 - token >= min(overlap // 2, num_tokens - 1 - token), case
