import pytest

from mmner.evaluation.metrics import CalibrationMetric
from mmner.structures import Entity, NERDataSample


def evaluate(*samples: tuple[list[Entity], list[Entity]]) -> dict[str, float]:
    metric = CalibrationMetric()
    metric.process(None, [NERDataSample(index, 'abcdefgh', entities=gold, predicted=predicted)
                          for index, (gold, predicted) in enumerate(samples)])
    return metric.evaluate(len(samples))


def test_by_hand():
    """Of four with a score of 0.9 three are right: at temperature 2 their score is 0.75."""
    gold = [Entity('x', 0, 1), Entity('y', 1, 2), Entity('x', 5, 6)]
    found = [Entity('x', 0, 1, 0.9), Entity('y', 1, 2, 0.9), Entity('y', 5, 6, 0.9)]
    assert evaluate((gold, found), ([], []), ([Entity('x', 3, 4)], [Entity('x', 3, 4, 0.9)])) == {
        'calibration/predicted': 4, 'calibration/correct': 3, 'calibration/error': pytest.approx(0.15),
        'calibration/temperature': pytest.approx(2), 'calibration/fitted_error': pytest.approx(0, abs=1e-8)}


def test_without_a_best_temperature():
    gold = [Entity('x', 0, 1)]
    assert evaluate((gold, [Entity('x', 0, 1, 0.75)])) == {
        'calibration/predicted': 1, 'calibration/correct': 1, 'calibration/error': 0.25}
    assert evaluate((gold, [])) == {'calibration/predicted': 0, 'calibration/correct': 0, 'calibration/error': 0}
