from collections.abc import Iterator
from functools import cache

import numpy as np

from mmner.datasets.lexicon import Lexicon
from mmner.datasets.transforms.base import BaseTransform
from mmner.registry import TRANSFORMS
from mmner.structures.lexicon_features import sorted_tags, tags_key, word_features


@TRANSFORMS.register_module()
class MatchLexicon(BaseTransform):
    """Say of each unit in which words of a lexicon it lies, and where in them.

    Words may overlap. For a text that comes in given words, a word of the lexicon counts where it is one or more of
    them. A unit that lies in several words of one tag at the same place has that feature once: so more words, which a
    user may add after training, never bring a sum of features that training could not have seen.

    Required keys: text, unit_to_token, unit_offsets (optional), so it stands behind `Tokenize`.
    Added keys: lexicon_units (M,) and lexicon_ids (M,), the M pairs of a unit and its feature (see `feature_id`),
    sorted; lexicon_key, which stands for the tags.

    Args:
        sources (Sequence[str]): Where the words come from, see `Lexicon`.
        tags (Sequence[str]): The tags that a word may have, those of the `LexiconNeck`.
    """

    # As for Tokenize: it depends on the sample alone.
    once = True
    added = ('lexicon_units', 'lexicon_ids', 'lexicon_key')

    def __init__(self, *, sources, tags):
        self.lexicon = Lexicon(sources=sources, tags=tags)
        self.key = tags_key(sorted_tags(tags))

    @property
    def files(self) -> list[str]:
        """What the outcome depends on beside the config, for the cache of columns."""
        return self.lexicon.files

    def transform(self, results: dict) -> dict:
        pairs = {(first + unit, feature) for first, end, tags in self._words(results)
                 for unit, feature in features_of(end - first, tags)}
        num_units = len(results['unit_to_token'])       # fewer than the text has when it was cut
        pairs = np.array(sorted(pair for pair in pairs if pair[0] < num_units), np.int32).reshape(-1, 2)
        results['lexicon_units'], results['lexicon_ids'] = pairs.T
        results['lexicon_key'] = self.key
        return results

    def _words(self, results: dict) -> Iterator[tuple[int, int, tuple[int, ...]]]:
        """(first unit, end unit, tags) of the words in a text."""
        matches, unit_offsets = self.lexicon.matches(results['text']), results.get('unit_offsets')
        if unit_offsets is None:        # offsets are units
            return matches
        firsts = {start: unit for unit, start in enumerate(unit_offsets[:, 0].tolist())}
        ends = {end: unit for unit, end in enumerate(unit_offsets[:, 1].tolist(), 1)}
        return ((firsts[start], ends[end], tags) for start, end, tags in matches if start in firsts and end in ends)


features_of = cache(word_features)
