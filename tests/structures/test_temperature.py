import warnings

import numpy as np
import pytest

from mmner.structures import Entity
from mmner.structures.temperature import at_temperature, with_temperature


@pytest.mark.parametrize(('temperature', 'expected'), [
    (2, [0.75, 0.25, 0.5]),             # odds of 9 become 3
    (0.5, [81 / 82, 1 / 82, 0.5])])
def test_by_hand(temperature, expected):
    assert at_temperature(np.array([0.9, 0.1, 0.5]), temperature) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize('temperature', [1e-6, 0.3, 1, 1.7, 1e6])
def test_scores_stay_scores_in_their_order(temperature):
    scores = np.concatenate([[0, 5e-324, 1e-300], np.linspace(1e-6, 1 - 1e-6, 999), [1 - 2 ** -53, 1]])
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = at_temperature(scores, temperature)
    assert found.dtype == np.float64 and np.isfinite(found).all()
    assert found[0] == 0 and found[-1] == 1 and (np.diff(found) >= 0).all()
    assert ((found > 0.5) == (scores > 0.5)).all()


def test_entities_but_for_scores_stay():
    found = [[], [Entity('x', 0, 2, 0.9), Entity('y', 1, 5, 1.0, ((1, 2), (4, 5)))], [], [Entity('x', 3, 4, 0.25)]]
    assert with_temperature(found, 1.0) is found
    changed = with_temperature(found, 2)
    assert changed == [[], [Entity('x', 0, 2, pytest.approx(0.75)), found[1][1]], [],
                       [Entity('x', 3, 4, pytest.approx(1 / (1 + 3 ** 0.5)))]]
    assert all(type(entity.score) is float for entities in changed for entity in entities)
    assert with_temperature([[], []], 2) == [[], []] and with_temperature([], 2) == []
