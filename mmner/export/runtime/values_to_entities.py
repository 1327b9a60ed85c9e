"""What the model gives for each character of a text, to entities. Beside predict.py; numpy alone.

A decoder is called with (C, F) values of C >= 1 characters and gives rows of label, start, end and score.
"""
from collections.abc import Iterator

import numpy as np

Row = tuple[str, int, int, float]


class Tags:
    """Tags of characters, the steps between them and what they say."""

    def __init__(self, config: dict):
        self.labels = [tag['label'] for tag in config['tags']]
        self.begins, self.ends = (np.array([tag[name] for tag in config['tags']]) for name in ('begins', 'ends'))
        self.transitions, self.start, self.end = (      # None, a forbidden step, becomes NaN
            np.nan_to_num(np.array(config[name], float), nan=-np.inf) for name in ('transitions', 'start', 'end'))

    def spans(self, tags: np.ndarray) -> Iterator[tuple[str, int, int]]:
        borders = [place for place in range(len(tags)) if self.is_border(tags, place)] + [len(tags)]
        for start, end in zip(borders, borders[1:], strict=False):
            if self.labels[tags[start]] is not None:
                yield self.labels[tags[start]], start, end

    def is_border(self, tags: np.ndarray, place: int) -> bool:
        """Whether something else than before begins at a place: an entity, or the text between two."""
        return place == 0 or not self.goes_on(tags[place - 1], tags[place])

    def goes_on(self, before: int, tag: int) -> bool:
        """Whether a tag belongs to the same as the tag before it: an entity, or the text between two."""
        return not (self.begins[tag] or self.ends[before] or self.labels[before] != self.labels[tag])

    def best_path(self, scores: np.ndarray) -> np.ndarray:
        """(C,) tags with the largest sum of scores and steps: Viterbi's algorithm."""
        best, origins = scores[0] + self.start, []      # of the paths that end in each tag
        for place in range(1, len(scores)):
            steps = best[:, None] + self.transitions
            origins.append(steps.argmax(axis=0))
            best = steps.max(axis=0) + scores[place]
        path = [(best + self.end).argmax()]
        for origin in reversed(origins):
            path.append(origin[path[-1]])
        return np.array(path[::-1])


class SoftmaxTags(Tags):
    """Each character tagged on its own; the score of an entity is the product over its characters."""

    def __call__(self, logits: np.ndarray) -> list[Row]:
        logits = logits.astype(float)
        tags = logits.argmax(axis=1)
        if not np.isfinite(self.start[tags[0]] + self.end[tags[-1]] + self.transitions[tags[:-1], tags[1:]].sum()):
            tags = self.best_path(logits)
        shifted = logits - logits.max(axis=1, keepdims=True)
        probs = np.exp(shifted[np.arange(len(tags)), tags]) / np.exp(shifted).sum(axis=1)
        return [(label, start, end, probs[start:end].prod()) for label, start, end in self.spans(tags)]


class CRFTags(Tags):
    """All characters tagged at once; the score of an entity is the share of all paths that hold it."""

    def __call__(self, emissions: np.ndarray) -> list[Row]:
        emissions = emissions.astype(float)
        tags = self.best_path(emissions)
        spans = list(self.spans(tags))
        if not spans:
            return []
        entering, behind, factors = self.forward_backward(emissions)
        steps = np.exp(self.transitions)
        inner = steps[tags[:-1], tags[1:]] * factors[np.arange(1, len(tags)), tags[1:]]

        def share(start: int, end: int) -> float:
            last = tags[end - 1]
            leaving = behind[-1, last] if end == len(tags) else sum(
                steps[last, tag] * factors[end, tag] * behind[end, tag]
                for tag in range(len(self.labels)) if not self.goes_on(last, tag))
            return min(entering[start, tags[start]] * inner[start:end - 1].prod() * leaving, 1.0)

        return [(label, start, end, share(start, end)) for label, start, end in spans]

    def forward_backward(self, emissions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Three (C, K): the sums of paths up to a tag and from it on, and the factor of each tag.

        They are scaled so that up-to times from-on is the probability of a tag at a place.
        """
        factors = np.exp(emissions - emissions.max(axis=1, keepdims=True))
        steps, end = np.exp(self.transitions), np.exp(self.end)
        entering, behind = np.empty_like(factors), np.empty_like(factors)
        for place in range(len(factors)):
            ahead = factors[place] * (entering[place - 1] @ steps if place else np.exp(self.start))
            scale = ahead.sum()
            factors[place] /= scale
            entering[place] = ahead / scale
        behind[-1] = end / (entering[-1] @ end)
        for place in range(len(factors) - 1, 0, -1):
            behind[place - 1] = steps @ (factors[place] * behind[place])
        return entering, behind, factors


DECODERS = dict(softmax=SoftmaxTags, crf=CRFTags)
