from itertools import product

import numpy as np
import pytest

from mmner.evaluation.functional import f1_interval, paired_bootstrap, sentence_counts, strict_counts, total
from mmner.evaluation.functional.bootstrap import mean_f1
from mmner.structures import Entity

# Four sentences: correct, predicted, gold of A and of B.
A = np.array([[1, 2, 2], [0, 1, 1], [2, 2, 3], [1, 1, 1]])
B = np.array([[2, 2, 2], [0, 2, 1], [2, 3, 3], [1, 1, 1]])


def f1(rows: np.ndarray) -> float:
    correct, predicted, gold = rows.sum(axis=0)
    return 2 * correct / (predicted + gold)


def test_against_all_resamples():
    """Of four sentences there are 4^4 draws."""
    differences = np.array([f1(B[[*draw]]) - f1(A[[*draw]]) for draw in product(range(4), repeat=4)])
    found = paired_bootstrap(A[None], B[None], resamples=200_000)
    assert found.value == pytest.approx(f1(B) - f1(A))
    assert found.low == pytest.approx(np.quantile(differences, 0.025), abs=0.01)
    assert found.high == pytest.approx(np.quantile(differences, 0.975), abs=0.01)
    less, more = (differences <= 0).mean(), (differences >= 0).mean()
    assert found.p_value == pytest.approx(min(1, 2 * less, 2 * more), abs=0.01)


def test_interval_against_all_resamples():
    every = np.array([f1(A[[*draw]]) for draw in product(range(4), repeat=4)])
    value, low, high = f1_interval(A, resamples=100_000)
    assert value == pytest.approx(f1(A))
    assert (low, high) == pytest.approx(tuple(np.quantile(every, (0.025, 0.975))), abs=0.01)


def test_several_trainings():
    """The mean of their F1; two that are alike are as one."""
    both, options = np.stack([A, B]), dict(resamples=300)
    assert mean_f1(np.ones((1, 4)), both)[0] == pytest.approx((f1(A) + f1(B)) / 2)
    assert paired_bootstrap(np.stack([A, A]), B[None], **options) == paired_bootstrap(A[None], B[None], **options)
    assert paired_bootstrap(both, B[None], **options).value == pytest.approx((f1(B) - f1(A)) / 2)


def test_what_is_alike_and_what_is_clear():
    same = paired_bootstrap(A[None], A[None], resamples=500)
    assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)
    random = np.random.default_rng(1)
    gold = random.integers(1, 4, 500)
    worse, better = (np.stack([random.binomial(gold, rate), gold, gold], axis=1)[None] for rate in (0.7, 0.8))
    clear = paired_bootstrap(worse, better, resamples=2000)
    assert 0 < clear.low < clear.value < clear.high and clear.p_value < 0.01
    turned = paired_bootstrap(better, worse, resamples=2000)
    assert turned.value == -clear.value and turned.p_value < 0.01
    assert turned[1:3] == pytest.approx((-clear.high, -clear.low), abs=0.005)


def test_swapped_programs_are_found_different_as_often_as_told():
    """Where A and B are drawn alike, p < 0.1 happens in about a tenth of all comparisons."""
    random, found = np.random.default_rng(0), 0
    for seed in range(300):
        gold = random.integers(1, 4, 200)
        first, second = (np.stack([random.binomial(gold, 0.7), gold, gold], axis=1)[None] for _ in range(2))
        found += paired_bootstrap(first, second, resamples=300, seed=seed).p_value < 0.1
    assert 15 <= found <= 48


def test_counts_of_sentences_add_up():
    gold = [[Entity('x', 0, 1), Entity('y', 2, 3)], [], [Entity('x', 4, 6)]]
    found = [[Entity('x', 0, 1), Entity('x', 0, 1), Entity('y', 2, 4)], [Entity('y', 0, 1)], [Entity('x', 4, 6)]]
    counts = sentence_counts(gold, found, ['x', 'y'])
    assert counts[0].tolist() == [[1, 1, 1], [0, 1, 1]]
    assert counts.sum(axis=(0, 1)).tolist() == list(total(strict_counts(gold, found)))
