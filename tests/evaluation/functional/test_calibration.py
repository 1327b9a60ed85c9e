import numpy as np
import pytest

from mmner.evaluation.functional.calibration import (
    Bin,
    calibration_error,
    fit_temperature,
    reliability,
    scored,
    threshold_for,
)
from mmner.structures import Entity
from mmner.structures.temperature import at_temperature


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


def test_temperature_by_hand():
    """Of four with a score of 0.9 three are right: odds of 9 become odds of 3, their root."""
    assert fit_temperature(np.full(4, 0.9), np.array([1, 1, 0, 1])) == pytest.approx(2)
    assert fit_temperature(np.full(4, 0.1), np.array([0, 0, 1, 0])) == pytest.approx(2)
    assert fit_temperature(np.full(10, 0.75), np.array([1] * 9 + [0])) == pytest.approx(0.5)
    with_certain_ones = np.array([0.9, 0.9, 0.9, 0.9, 1.0, 0.0, 1.0])
    assert fit_temperature(with_certain_ones, np.array([1, 1, 0, 1, 0, 1, 1])) == pytest.approx(2)


@pytest.mark.parametrize(('scores', 'correct'), [
    ([], []), ([0.9, 0.8], [1, 1]), ([0.9, 0.8], [0, 0]), ([0.9, 0.2], [1, 0]), ([0.9, 0.9], [1, 0]), ([0.5], [1]),
    ([0.6, 0.9], [1, 0]), ([1.0, 1.0, 0.0], [1, 0, 0]), ([0.9, 0.8, 0.4], [1, 1, 1]), ([0.1, 0.1, 0.7], [0, 0, 0])])
def test_where_no_temperature_is_the_best(scores, correct):
    assert fit_temperature(np.array(scores), np.array(correct)) is None


@pytest.mark.parametrize('correct', [[0, 0, 0, 1], [1, 0, 1, 1], [0, 1, 1, 1]])
def test_temperature_against_all_of_them(correct):
    scores, correct = np.array([0.3, 0.2, 0.6, 0.97]), np.array(correct)
    tried = np.geomspace(0.05, 50, 20_001)
    likelihood = [np.log(np.where(correct, found, 1 - found)).sum()
                  for found in (at_temperature(scores, temperature) for temperature in tried)]
    assert fit_temperature(scores, correct) == pytest.approx(tried[np.argmax(likelihood)], rel=1e-3)


@pytest.mark.parametrize('temperature', [0.6, 1, 2.5])
def test_temperature_that_scores_were_made_with(temperature):
    random = np.random.default_rng(2)
    truth = random.random(100_000)
    scores, correct = at_temperature(truth, 1 / temperature), random.random(100_000) < truth
    assert fit_temperature(scores, correct) == pytest.approx(temperature, rel=0.02)
    with_it = at_temperature(scores, fit_temperature(scores, correct))
    assert calibration_error(reliability(with_it, correct)) < 0.01


def test_a_temperature_near_none():
    """One of a thousand is wrong, and almost undecided."""
    scores, correct = np.array([0.9] * 999 + [0.5 + 1e-9]), np.array([1] * 999 + [0])
    assert 0 < fit_temperature(scores, correct) < 0.2
