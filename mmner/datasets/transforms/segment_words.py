from collections.abc import Iterator, Sequence

import numpy as np

from mmner.datasets.lexicon import open_sources
from mmner.datasets.transforms.base import BaseTransform
from mmner.registry import TRANSFORMS
from mmner.utils import InputError


@TRANSFORMS.register_module()
class SegmentWords(BaseTransform):
    """Cut a text into words: from the left, the longest word of a dictionary each time, else one character.

    For a text whose units are its characters. `MaskTokens` behind it masks whole words.

    Required keys: text, unit_to_token, so it stands behind `Tokenize`.
    Added keys: unit_words (U,), the number of the word in which each unit lies, never falling.

    Args:
        sources (Sequence[str]): 'jieba' for the dictionary of that package; anything else is a UTF-8 file with a word
            in each line, behind which a tab and a tag may stand.

    Raises:
        InputError: A source cannot be read, or the text is a pair already.
    """

    # As for Tokenize: it depends on the sample alone.
    once = True

    def __init__(self, *, sources: Sequence[str]):
        opened = open_sources(sources)
        self.files = [file for file, _ in opened]
        self.words = {word for _, rows in opened for _, word, _ in rows}
        self.longest = max(map(len, self.words), default=1)

    def transform(self, results: dict) -> dict:
        if 'token_types' in results:
            raise InputError(f'{results["where"]}: SegmentWords stands behind JoinSentencePair, so the second text '
                             'would not be cut; put it before')
        lengths = list(self._lengths(results['text']))
        words = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        results['unit_words'] = words[:len(results['unit_to_token'])]       # fewer than the text has when it was cut
        return results

    def _lengths(self, text: str) -> Iterator[int]:
        """The lengths of the words of a text, in characters."""
        start, size = 0, len(text)
        while start < size:
            longest = min(self.longest, size - start)
            length = next((length for length in range(longest, 1, -1) if text[start:start + length] in self.words), 1)
            yield length
            start += length
