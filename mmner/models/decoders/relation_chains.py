"""Entities as relations between units and back.

Two kinds of relations make an entity: from each of its units to the next, and from the last to the first, which has the
category. So entities may nest, overlap and be discontinuous.
"""
import math
from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

NO_RELATION, NEXT_UNIT, FIRST_CATEGORY = 0, 1, 2        # classes; the last and those behind it stand for categories


class Chain(NamedTuple):
    """The units of an entity.

    Attributes:
        category (int): Its index.
        units (tuple[int, ...]): In order.
        prob (float): The product of the probabilities of all its relations.
    """
    category: int
    units: tuple[int, ...]
    prob: float


def relations_of(entities: Iterable[tuple[int, tuple[tuple[int, int], ...]]]) -> np.ndarray:
    """Entities as (category index, stretches of units) to (E, 3) rows (class, unit, unit)."""
    rows = []
    for category, stretches in entities:
        units = np.concatenate([np.arange(first, end) for first, end in stretches])
        rows += zip(np.full(len(units) - 1, NEXT_UNIT), units, units[1:], strict=False)
        rows.append((FIRST_CATEGORY + category, units[-1], units[0]))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def chains_of(relations: np.ndarray, probs: np.ndarray, max_chains: int) -> list[Chain]:
    """(E, 3) rows as those of `relations_of`, in any order, none twice, and their (E,) probabilities to entities.

    Each path of next-unit relations from a first unit to a last unit related to it is one entity. Two units may be
    joined by a number of paths that grows exponentially with their distance; the `max_chains` most probable count.
    Time grows with the number of relations to the next unit between a first unit and its last.

    Returns:
        list[Chain]: By first unit, then last, category and all units.
    """
    steps, categories = defaultdict(list), defaultdict(dict)
    for (kind, unit, other), prob in zip(relations.tolist(), probs.tolist(), strict=True):
        if kind == NEXT_UNIT:
            steps[unit].append((other, prob))
        else:
            categories[other][unit] = (kind - FIRST_CATEGORY, prob)
    found = []
    for first, lasts in categories.items():
        ways = ways_from(first, max(lasts), steps, max_chains)
        found += [Chain(category, units, prob * way)
                  for last, (category, prob) in lasts.items() for way, units in ways.get(last, ())]
    return in_order(found)


def gold_chains(entities: Iterable[tuple[int, tuple[tuple[int, int], ...]]], relations: np.ndarray,
                probs: np.ndarray) -> list[Chain]:
    """Entities as for `relations_of`, those of which all relations are among (E, 3) rows with (E,) probabilities.

    Returns:
        list[Chain]: In the order of `chains_of`.
    """
    known = dict(zip(map(tuple, relations.tolist()), probs.tolist(), strict=True))
    found = []
    for category, stretches in entities:
        own = [tuple(row) for row in relations_of([(category, stretches)]).tolist()]
        if known.keys() >= set(own):
            found.append(Chain(category, tuple(unit for _, unit, _ in own), math.prod(known[row] for row in own)))
    return in_order(found)


def in_order(chains: list[Chain]) -> list[Chain]:
    return sorted(chains, key=lambda chain: (chain.units[0], chain.units[-1], chain.category, chain.units))


def ways_from(first: int, furthest: int, steps: dict[int, list[tuple[int, float]]],
              max_ways: int) -> dict[int, list[tuple[float, tuple[int, ...]]]]:
    """For each unit that steps lead to, the most probable ways there as (probability, units).

    All steps lead forward, so when a unit is the nearest that is left, all ways to it are known.
    """
    ways, left = defaultdict(list), [first]
    ways[first] = [(1.0, (first,))]
    while left:
        unit = heappop(left)
        ways[unit] = sorted(ways[unit], key=lambda way: (-way[0], way[1]))[:max_ways]
        for following, prob in steps.get(unit, ()):
            if following <= furthest:
                if following not in ways:
                    heappush(left, following)
                ways[following] += [(way * prob, (*units, following)) for way, units in ways[unit]]
    return ways
