import re

import numpy as np

from mmner.datasets.transforms.base import BaseTransform
from mmner.registry import TRANSFORMS

WORD = re.compile(r"['’]s\b"                                # the English genitive, a word of its own
                  r"|[@#]?\w+(?:(?!['’]s\b)[^\w\s]+\w+)*"   # from blank to blank, without marks at its ends
                  r"|[^\w\s]")


@TRANSFORMS.register_module()
class SplitWords(BaseTransform):
    """Find the words of a text, for a model whose units are words; a text that comes in words keeps them.

    For languages with blanks. A word goes from blank to blank without the marks at its ends, of which each is a word
    ('Berlin,' is two); "'s" is one, '@' and '#' belong to the word behind them. It stands before `Tokenize`, so that a
    model trained on a corpus that comes in words reads plain texts, and one that does not come in words is trained on.

    Required keys: text, unit_offsets (optional).
    Added keys: unit_offsets (U, 2), half-open.
    """

    # As for Tokenize: it depends on the sample alone.
    once = True

    def transform(self, results: dict) -> dict:
        if 'unit_offsets' not in results:
            offsets = [word.span() for word in WORD.finditer(results['text'])]
            results['unit_offsets'] = np.array(offsets, np.int64).reshape(-1, 2)
        return results
