"""Entities to relations and back, by hand and by trying all chains."""
import math
import time
from itertools import combinations

import numpy as np
import pytest

from mmner.models.decoders.relation_chains import Chain, chains_of, gold_chains, relations_of

# I am having aching in legs and shoulders: aching in legs (3 4 5), aching in shoulders (3 4 7), Figure 1 of the paper
ACHING = [(0, ((3, 6),)), (0, ((3, 5), (7, 8)))]


def chains(relations, probs=None, max_chains=16) -> list[Chain]:
    relations = np.array(relations, np.int64).reshape(-1, 3)
    return chains_of(relations, np.ones(len(relations)) if probs is None else np.array(probs), max_chains)


def test_relations_of_the_example_by_hand():
    rows = relations_of(ACHING).tolist()
    assert rows == [[1, 3, 4], [1, 4, 5], [2, 5, 3], [1, 3, 4], [1, 4, 7], [2, 7, 3]]
    found = chains(sorted({*map(tuple, rows)}, reverse=True))
    assert [chain[:2] for chain in found] == [(0, (3, 4, 5)), (0, (3, 4, 7))]


def test_a_single_unit_is_related_to_itself():
    assert relations_of([(3, ((2, 3),))]).tolist() == [[5, 2, 2]]
    assert chains([[5, 2, 2]], [0.25]) == [Chain(3, (2,), 0.25)]


def test_nothing():
    assert relations_of([]).shape == (0, 3) and chains([]) == []


def test_a_last_unit_without_a_way_is_no_entity():
    assert chains([[1, 0, 1], [1, 2, 3], [2, 3, 0]]) == []


def test_prob_is_the_product_over_all_relations():
    chain, = chains([[1, 0, 1], [1, 1, 4], [3, 4, 0]], [0.5, 0.25, 0.125])
    assert chain == Chain(1, (0, 1, 4), 0.015625)


def test_gold_without_one_of_its_relations_is_left_out():
    relations, probs = np.array([[1, 3, 4], [1, 4, 5], [2, 5, 3], [2, 7, 3]]), np.array([0.5, 0.25, 0.125, 1.0])
    assert gold_chains([*ACHING, (1, ((3, 6),))], relations, probs) == [Chain(0, (3, 4, 5), 0.015625)]


def by_trying(relations, probs, num_units) -> dict[tuple, float]:
    """(category, units) to probability, over all sets of units."""
    given = {tuple(row): prob for row, prob in zip(relations, probs, strict=True)}
    found = {}
    for size in range(1, num_units + 1):
        for units in combinations(range(num_units), size):
            for category in range(3):
                needed = [(2 + category, units[-1], units[0])]
                needed += [(1, *pair) for pair in zip(units, units[1:], strict=False)]
                if all(relation in given for relation in needed):
                    found[category, units] = math.prod(given[relation] for relation in needed)
    return found


@pytest.mark.parametrize('max_chains', [1, 2, 1000])
def test_equal_to_trying_all_sets_of_units(max_chains):
    random, most = np.random.default_rng(0), 0
    for _ in range(100):
        cells = {(unit, other): 1 if unit < other else 2 + random.integers(3)
                 for unit in range(7) for other in range(7) if random.random() < 0.5}
        relations = [(int(kind), *cell) for cell, kind in cells.items()]
        probs = random.random(len(relations)).tolist()
        found = {chain[:2]: chain.prob for chain in chains(relations, probs, max_chains)}
        expected, groups = by_trying(relations, probs, 7), {}
        for (category, units), prob in expected.items():
            groups.setdefault((category, units[0], units[-1]), []).append((-prob, units))
        kept = {(category, units): -prob for (category, _, _), group in groups.items()
                for prob, units in sorted(group)[:max_chains]}
        assert found == pytest.approx(kept)
        most = max([most, *map(len, groups.values())])
    assert most > 10


def test_the_most_probable_of_exponentially_many_in_little_time():
    """Every unit is next to every earlier one: 2^298 chains."""
    num_units = 300
    rows = [[1, unit, other] for unit in range(num_units) for other in range(unit + 1, num_units)]
    probs = [0.9 if other == unit + 1 else 0.5 for _, unit, other in rows]
    start = time.process_time()
    found = chains([*rows, [2, num_units - 1, 0]], [*probs, 1.0], max_chains=3)
    assert time.process_time() - start < 10
    assert len(found) == 3 and max(chain.prob for chain in found) == pytest.approx(0.5)
    assert (0, num_units - 1) in [chain.units for chain in found]
