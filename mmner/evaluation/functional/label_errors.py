from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mmner.evaluation.functional.errors import kind_of_error, paired_entities
from mmner.structures import Entity


class Contradiction(NamedTuple):
    """Where a model that has not seen the annotation says otherwise.

    Attributes:
        suspicion (float): How surely, from 0 to 1.
        kind (str): 'boundary', 'type', 'boundary and type'; 'missed': the model finds nothing there; 'spurious':
            nothing is annotated there.
        gold (Entity, optional): What is annotated, its score being the probability that the model gives it.
        predicted (Entity, optional): What the model finds.
    """
    suspicion: float
    kind: str
    gold: Entity | None
    predicted: Entity | None


def contradictions(gold: list[Entity], predicted: list[Entity], probabilities: Mapping) -> Iterator[Contradiction]:
    """What of the annotation of a sentence a model contradicts.

    The suspicion is the probability that what the model finds is right, or that the annotation is wrong. Where the
    model finds one entity in place of another it is the lower of the two, for both are needed to blame the annotator.

    Source: https://arxiv.org/abs/1911.00068 (of the idea: out-of-sample probabilities find label errors)

    Args:
        gold (list[Entity]): The annotation.
        predicted (list[Entity]): What the model finds, with scores.
        probabilities (Mapping): Of gold entities by `Entity.span`. Of one that is missing the model says nothing: it
            counts as right unless the model finds something else there.
    """
    for left, right in paired_entities(gold, predicted):
        kind = kind_of_error(left, right)
        if kind == 'correct':
            continue
        probability = left and probabilities.get(left.span)
        doubts = [1 - probability] if probability is not None else []
        doubts += [right.score] if right else []
        yield Contradiction(min(doubts, default=0.0), kind, left and left._replace(score=probability), right)
