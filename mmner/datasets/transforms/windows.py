import numpy as np


def windows(num_tokens: int, capacity: int, overlap: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut a text into windows that overlap.

    Args:
        num_tokens: Tokens of the text, more than `capacity`.
        capacity: Tokens that a window holds, more than `overlap`.
        overlap: Tokens that neighbouring windows share at the least.

    Returns:
        tuple: `starts` (W,) and `ends` (W,), the tokens that each window reads; `owner` (num_tokens,), the window
        that answers for each token. A seam lies in the middle of an overlap, so that every token but those at the
        ends of the text sees at least overlap // 2 tokens on both sides.
    """
    starts = np.arange(0, num_tokens - overlap, capacity - overlap)
    starts[-1] = num_tokens - capacity
    ends = starts + capacity
    seams = (starts[1:] + ends[:-1]) // 2
    return starts, ends, np.searchsorted(seams, np.arange(num_tokens), side='right')
