import pytest

from mmner.evaluation.functional.label_errors import contradictions
from mmner.structures import Entity

GOLD, OTHER = Entity('x', 0, 2), Entity('y', 0, 2, 0.75)


@pytest.mark.parametrize(('gold', 'predicted', 'probability', 'expected'), [
    ([GOLD], [Entity('x', 0, 2, 0.5)], 0.5, []),
    ([GOLD], [OTHER], 0.125, [(0.75, 'type', GOLD._replace(score=0.125), OTHER)]),
    ([GOLD], [OTHER], 0.5, [(0.5, 'type', GOLD._replace(score=0.5), OTHER)]),
    ([GOLD], [Entity('x', 1, 3, 0.75)], None, [(0.75, 'boundary', GOLD, Entity('x', 1, 3, 0.75))]),
    ([GOLD], [], 0.125, [(0.875, 'missed', GOLD._replace(score=0.125), None)]),
    ([GOLD], [], None, [(0, 'missed', GOLD, None)]),
    ([], [OTHER], None, [(0.75, 'spurious', None, OTHER)])])
def test_by_hand(gold, predicted, probability, expected):
    probabilities = {} if probability is None else {GOLD.span: probability}
    assert list(contradictions(gold, predicted, probabilities)) == expected
