import re
from collections.abc import Iterator
from unicodedata import category

import numpy as np

from mmner.datasets.transforms.base import BaseTransform
from mmner.registry import TRANSFORMS
from mmner.utils import InputError

WORD = re.compile(r"['’]s\b"                                # the English genitive, a word of its own
                  r"|[@#]?\w+(?:(?![^\w\s]*['’]s\b)[^\w\s]+\w+)*"     # from blank to blank, without marks at its ends
                  r"|[^\w\s]")


@TRANSFORMS.register_module()
class SplitWords(BaseTransform):
    """Find the words of a text, for a model whose units are words; a text that comes in words keeps them.

    For languages with blanks. A word goes from blank to blank without the marks at its ends, of which each is a word
    ('Berlin,' is two); "'s" is one, '@' and '#' belong to the word behind them, accents and vowel signs that are
    characters of their own to what they stand on. It stands before `Tokenize`, so that a model trained on a corpus that
    comes in words reads plain texts, and one that does not come in words is trained on.

    Required keys: text, unit_offsets (optional).
    Added keys: unit_offsets (U, 2), half-open.

    Raises:
        InputError: It stands behind `Tokenize`.
    """

    # As for Tokenize: it depends on the sample alone.
    once = True

    def transform(self, results: dict) -> dict:
        if 'unit_to_token' in results:
            raise InputError('SplitWords stands behind Tokenize in the pipeline; put it before')
        if 'unit_offsets' not in results:
            results['unit_offsets'] = np.array(list(words(results['text'])), np.int64).reshape(-1, 2)
        return results


def words(text: str) -> Iterator[tuple[int, int]]:
    """Where the words of a text begin and end."""
    begin = end = 0
    for word in WORD.finditer(text):
        is_mark = category(word[0][0]).startswith('M')
        if not (is_mark and word.start() == end):
            if end:
                yield begin, end
            begin = word.start()
        end = word.end()
    if end:
        yield begin, end
