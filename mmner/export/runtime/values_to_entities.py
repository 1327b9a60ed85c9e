"""What the model gives for each character of a text, to entities. Beside predict.py; numpy alone.

A decoder is called with (C, F) values of C >= 1 characters and gives rows of label, start, end and score.
"""
from collections.abc import Callable, Iterator

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


class Spans:
    """Spans that are held for entities, of which overlapping ones stay as the model says."""

    def __init__(self, config: dict):
        self.categories, self.max_width, self.size = (
            config.get(name) for name in ('categories', 'max_width', 'head_size'))
        self.selection = SELECTIONS[config['selection']]

    def __call__(self, values: np.ndarray) -> list[Row]:
        fits = self.selection(len(values))
        best_first = sorted(self.candidates(values.astype(float)), key=lambda row: (-row[3], row[1], row[2]))
        kept = [row for row in best_first if fits(row[1], row[2])]
        return sorted(kept, key=lambda row: (row[1], row[2], self.categories.index(row[0])))


def all_spans(length: int) -> Callable[[int, int], bool]:
    """Entities may nest, cross and be equal."""
    return lambda start, end: True


def flat_spans(length: int) -> Callable[[int, int], bool]:
    """No character is in two entities."""
    taken = np.zeros(length, bool)

    def fits(start: int, end: int) -> bool:
        free = not taken[start:end].any()
        taken[start:end] |= free
        return free
    return fits


def nested_spans(length: int) -> Callable[[int, int], bool]:
    """Entities may lie in each other, but not cross."""
    furthest, nearest = np.zeros(length, int), np.full(length + 1, length)     # of what stays, by start and by end

    def fits(start: int, end: int) -> bool:
        inside = slice(start + 1, end)
        if furthest[inside].max(initial=0) > end or nearest[inside].min(initial=length) < start:
            return False
        furthest[start], nearest[end] = max(furthest[start], end), min(nearest[end], start)
        return True
    return fits


SELECTIONS = dict(all=all_spans, flat=flat_spans, nested=nested_spans)


class Pairs(Spans):
    """Each pair of a first and a last character scored for each category."""

    BLOCK = 64          # first characters at once, so that memory does not grow with the square of a text

    def candidates(self, values: np.ndarray) -> Iterator[Row]:
        firsts, lasts = self.sides(values)
        for begin in range(0, len(values), self.BLOCK):
            end = begin + self.BLOCK
            scores = self.scores(firsts[begin:end], lasts[begin:end + self.max_width - 1])      # (I, J, categories)
            width = np.arange(scores.shape[1]) - np.arange(scores.shape[0])[:, None]
            for first, last, category, score in self.select(scores, (width >= 0) & (width < self.max_width)):
                yield self.categories[category], begin + first, begin + last + 1, score

    def select(self, scores: np.ndarray, pairs: np.ndarray) -> Iterator[tuple[int, int, int, float]]:
        """The entities: all whose score is above 0."""
        for first, last, category in np.argwhere((scores > 0) & pairs[:, :, None]):
            yield first, last, category, 1 / (1 + np.exp(-scores[first, last, category]))

    def turned(self, values: np.ndarray) -> np.ndarray:
        """(C, ..., size) queries or keys, turned by their place (rotary positions)."""
        rates = 10000 ** (-np.arange(0, self.size, 2) / self.size)
        turn = np.exp(1j * np.arange(len(values)).reshape(-1, *[1] * (values.ndim - 1)) * rates)
        points = (values[..., ::2] + 1j * values[..., 1::2]) * turn
        return np.stack([points.real, points.imag], axis=-1).reshape(values.shape)


class GlobalPointerPairs(Pairs):
    """A query and a key for each category."""

    def sides(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        both = self.turned(values.reshape(len(values), 2, len(self.categories), self.size))
        return both[:, 0] / self.size ** 0.5, both[:, 1]

    def scores(self, firsts: np.ndarray, lasts: np.ndarray) -> np.ndarray:
        return np.einsum('ikd,jkd->ijk', firsts, lasts, optimize=True)


class EfficientGlobalPointerPairs(Pairs):
    """One query and key, and a bias for each category at the first and at the last character."""

    def sides(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        borders = np.cumsum([self.size, self.size, len(self.categories)])
        query, key, first, last = np.split(values, borders, axis=1)
        return np.hstack([self.turned(query) / self.size ** 0.5, first]), np.hstack([self.turned(key), last])

    def scores(self, firsts: np.ndarray, lasts: np.ndarray) -> np.ndarray:
        (query, first), (key, last) = (np.split(side, [self.size], axis=1) for side in (firsts, lasts))
        return (query @ key.T)[:, :, None] + first[:, None] + last


class BiaffinePairs(Pairs):
    """Each pair is no entity, or one of a category: the most probable of these classes."""

    def sides(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        first, last = np.split(values, [-self.size], axis=1)
        return first.reshape(len(values), -1, self.size + 1), last

    def scores(self, firsts: np.ndarray, lasts: np.ndarray) -> np.ndarray:
        return np.einsum('icd,jd->ijc', firsts[:, :, :-1], lasts, optimize=True) + firsts[:, None, :, -1]

    def select(self, scores: np.ndarray, pairs: np.ndarray) -> Iterator[tuple[int, int, int, float]]:
        best = scores.argmax(axis=2)                    # 0: no entity
        for first, last in np.argwhere((best > 0) & pairs):
            of_pair = scores[first, last]
            yield first, last, best[first, last] - 1, 1 / np.exp(of_pair - of_pair.max()).sum()


class SpanPointers(Spans):
    """Characters where an entity of a category starts, and where one ends; a start goes with the nearest end."""

    def candidates(self, logits: np.ndarray) -> Iterator[Row]:
        starts, ends = np.split(logits, 2, axis=1)
        for index, category in enumerate(self.categories):
            lasts = np.flatnonzero(ends[:, index] > 0)
            for first in np.flatnonzero(starts[:, index] > 0):
                last = lasts[np.searchsorted(lasts, first):][:1]
                if last.size and last[0] - first < self.max_width:
                    pointers = np.array([starts[first, index], ends[last[0], index]])
                    yield category, first, last[0] + 1, np.prod(1 / (1 + np.exp(-pointers)))


DECODERS = dict(softmax=SoftmaxTags, crf=CRFTags, global_pointer=GlobalPointerPairs,
                efficient_global_pointer=EfficientGlobalPointerPairs, span=SpanPointers,
                biaffine=BiaffinePairs)
