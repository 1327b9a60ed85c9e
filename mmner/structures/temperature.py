"""Scores made surer or less sure by one number, which leaves their order as it is."""
import numpy as np

from mmner.structures.entity import Entity


def at_temperature(scores: np.ndarray, temperature: float) -> np.ndarray:
    """(P,) scores from 0 to 1 to as many, in float64: the log-odds of each divided by the temperature.

    Where the score is the sigmoid of a logit, this is temperature scaling. Source: https://arxiv.org/abs/1706.04599
    """
    with np.errstate(divide='ignore'):      # of 0 and 1, which stay, the log-odds are infinite
        log_odds = (np.log(scores) - np.log1p(-scores)) / temperature
    odds = np.exp(-np.abs(log_odds))
    return np.where(log_odds > 0, 1, odds) / (1 + odds)


def with_temperature(found: list[list[Entity]], temperature: float) -> list[list[Entity]]:
    """The entities of each text with their scores `at_temperature`; at 1 just as they are."""
    if temperature == 1:
        return found
    scores = np.array([entity.score for entities in found for entity in entities], float)
    changed = iter(at_temperature(scores, temperature).tolist())
    return [[entity._replace(score=next(changed)) for entity in entities] for entities in found]
