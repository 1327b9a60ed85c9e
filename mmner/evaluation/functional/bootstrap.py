"""Is one program better than another, or were these sentences kind to it?"""
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from mmner.evaluation.functional.span_f1 import Counts
from mmner.structures import Entity

CHUNK = 100         # resamples drawn at once


class Interval(NamedTuple):
    """An F1 on the sentences as they are, and between which 95 of 100 resamples lie."""
    value: float
    low: float
    high: float


class Difference(NamedTuple):
    """F1 of B less F1 of A.

    Attributes:
        value (float): On the sentences as they are.
        low, high (float): Between which 95 of 100 resamples lie.
        p_value (float): Twice the share of the resamples with another sign or none, at most 1.
    """
    value: float
    low: float
    high: float
    p_value: float


def sentence_counts(gold: list[list[Entity]], predicted: list[list[Entity]],
                    categories: Sequence[str]) -> np.ndarray:
    """(N, K, 3) of each sentence and category: correct, predicted and gold entities, as `strict_counts` has them."""
    index = {category: number for number, category in enumerate(categories)}
    counts = np.zeros((len(gold), len(categories), len(Counts._fields)))
    for number, (wanted, found) in enumerate(zip(gold, predicted, strict=True)):
        wanted, found = ({entity.span for entity in entities} for entities in (wanted, found))
        for place, spans in enumerate((wanted & found, found, wanted)):
            for label, *_ in spans:
                counts[number, index[label], place] += 1
    return counts


def paired_bootstrap(first: np.ndarray, second: np.ndarray, *, resamples: int = 10_000,
                     seed: int = 0) -> Difference:
    """How sure the difference in F1 between two programs is: sentences are drawn anew, the same for both.

    Of a program that was trained several times, the F1 of each training is taken and their mean compared.

    Source: https://aclanthology.org/W04-3250/

    Args:
        first (np.ndarray): (S, N, 3) of S trainings of A and N sentences: correct, predicted, gold.
        second (np.ndarray): (S', N, 3) of B on the same sentences.
        resamples (int): How many times N of the N sentences are drawn.
        seed (int): Which draws.
    """
    first, second, often = kinds_of_sentences(first, second)
    differences = np.concatenate([mean_f1(times, second) - mean_f1(times, first)
                                  for times in draws(often, resamples, seed)])                          # (resamples,)
    value = (mean_f1(often[None], second) - mean_f1(often[None], first)).item()
    low, high = np.quantile(differences, (0.025, 0.975)).tolist()
    others = int(min(np.count_nonzero(differences <= 0), np.count_nonzero(differences >= 0)))
    return Difference(value, low, high, min(1.0, 2 * (others + 1) / (resamples + 1)))


def f1_interval(counts: np.ndarray, *, resamples: int = 1000) -> Interval:
    """How sure the F1 of a program is on other sentences like these, by the bootstrap.

    Args:
        counts (np.ndarray): (N, 3) of N sentences: correct, predicted, gold.
        resamples (int): How many times N of the N sentences are drawn.
    """
    counts, often = kinds_of_sentences(counts[None])
    drawn = np.concatenate([mean_f1(times, counts) for times in draws(often, resamples, seed=0)])
    return Interval(mean_f1(often[None], counts).item(), *np.quantile(drawn, (0.025, 0.975)).tolist())


def kinds_of_sentences(*programs: np.ndarray) -> list[np.ndarray]:
    """The M different columns of all programs, each (S, M, 3), and (M,) how often each stands there: N in all."""
    together = np.concatenate(programs)
    columns, often = np.unique(np.moveaxis(together, 1, 0).reshape(together.shape[1], -1), axis=0, return_counts=True)
    together = np.moveaxis(columns.reshape(-1, len(together), together.shape[2]), 0, 1)
    return [*np.split(together, np.cumsum([len(counts) for counts in programs[:-1]])), often]


def draws(often: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """(R, M) how many times each kind of sentence is drawn, for some resamples at a time; `often` is (M,)."""
    random = np.random.default_rng(seed)
    for begin in range(0, resamples, CHUNK):
        yield random.multinomial(often.sum(), often / often.sum(), min(CHUNK, resamples - begin))


def mean_f1(times: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(R,) F1, mean over trainings, where each of M sentences counts (R, M) times; counts are (S, M, 3)."""
    correct, predicted, gold = np.moveaxis(np.tensordot(times, counts, axes=(1, 1)), -1, 0)             # each (R, S)
    return (2 * correct / np.maximum(predicted + gold, 1)).mean(axis=1)
