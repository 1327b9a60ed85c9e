import numpy as np
import pytest

from mmner.evaluation.functional.calibration import Bin, calibration_error, reliability, scored, threshold_for
from mmner.structures import Entity


def test_scored_by_hand():
    gold = [[Entity('x', 0, 1), Entity('y', 1, 2)], []]
    found = [[Entity('x', 0, 1, 0.5), Entity('y', 1, 3, 0.25), Entity('x', 0, 1, 0.5)], [Entity('x', 0, 1, 0.75)]]
    assert {label: rows.tolist() for label, rows in scored(gold, found).items()} == dict(
        x=[[0.5, 1], [0.75, 0]], y=[[0.25, 0]])


def test_reliability_by_hand():
    scores, correct = np.array([0.05, 0.15, 0.25, 0.95, 1.0]), np.array([0, 1, 0, 1, 1])
    bins = reliability(scores, correct, bins=4)
    assert bins == [Bin(0, 0.25, 2, pytest.approx(0.1), 0.5), Bin(0.25, 0.5, 1, 0.25, 0),
                    Bin(0.75, 1, 2, pytest.approx(0.975), 1)]
    assert calibration_error(bins) == pytest.approx((2 * 0.4 + 0.25 + 2 * 0.025) / 5)
    assert calibration_error([]) == 0 and reliability(np.zeros(0), np.zeros(0)) == []


def test_entities_that_are_right_as_often_as_they_say():
    random = np.random.default_rng(0)
    scores = random.random(100_000)
    assert calibration_error(reliability(scores, random.random(100_000) < scores)) < 0.01
    assert calibration_error(reliability(scores, random.random(100_000) < scores / 2)) == pytest.approx(0.25, abs=0.01)


def test_thresholds_by_hand():
    scores, correct = np.array([0.5, 0.9, 0.7, 0.8, 0.6]), np.array([1, 1, 1, 0, 0])
    assert threshold_for(0.66, scores, correct, 4) == (0.7, 2 / 3, 0.5)
    assert threshold_for(0.6, scores, correct, 4) == (0.5, 3 / 5, 0.75)
    assert threshold_for(0.9, scores, correct, 4) == (0.9, 1, 0.25)
    assert threshold_for(0.9, scores, 1 - correct, 4) == (1, 0, 0), 'the surest is wrong'
    assert threshold_for(0.5, np.zeros(0), np.zeros(0), 3) == (1, 0, 0)
    assert threshold_for(0.6, np.full(3, 0.5), np.array([1, 1, 0]), 2) == (0.5, 2 / 3, 1), 'of one score all or none'
    assert threshold_for(0.9, np.full(3, 0.5), np.array([1, 1, 0]), 2) == (1, 0, 0)


def test_thresholds_against_all_of_them():
    random = np.random.default_rng(1)
    for _ in range(200):
        scores = random.integers(0, 8, 12) / 8
        correct = random.random(12) < scores
        best = max(((correct[scores >= score].sum() / 9, -score) for score in set(scores.tolist())
                    if correct[scores >= score].mean() >= 0.7), default=(0, -1))
        found = threshold_for(0.7, scores, correct.astype(float), 9)
        assert found.recall == pytest.approx(best[0])
        assert found.precision >= 0.7 or found == (1, 0, 0)
