from collections.abc import Mapping, Sequence
from numbers import Real

from mmner.structures import Entity
from mmner.utils import InputError
from mmner.utils.labels import shown_labels


class Thresholds:
    """Drop entities that the model is not sure of.

    Args:
        thresholds (float | Mapping[str, float]): The least score of an entity to be kept: one for all labels, or some
            labels with their own; the others keep everything, and 1 keeps nothing.
        categories (Sequence[str]): The labels that may be named.

    Raises:
        InputError: A label is unknown, or a threshold is no number from 0 to 1.
    """

    def __init__(self, thresholds: float | Mapping[str, float], categories: Sequence[str]):
        if not isinstance(thresholds, Mapping):
            check_threshold(thresholds, 'threshold')
            thresholds = dict.fromkeys(categories, thresholds)
        for label, threshold in thresholds.items():
            if label not in categories:
                raise InputError(f'threshold of {label!r:.60}: unknown label; known are {shown_labels(categories)}')
            check_threshold(threshold, f'threshold of {label!r}')
        self.thresholds = dict(thresholds)

    def __call__(self, text: str, entities: Sequence[Entity]) -> list[Entity]:
        """The entities whose score reaches the threshold of their label."""
        limits = ((entity, self.thresholds.get(entity.label, 0)) for entity in entities)
        return [entity for entity, limit in limits if entity.score >= limit < 1]


def check_threshold(value: object, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
        raise InputError(f'{name}: {value!r:.60} is not a number from 0 to 1')
