from itertools import product

import pytest
import torch

from mmner.models.layers import backward_scores, forward_scores, path_scores

NUM_TAGS, LENGTHS = 3, (1, 4, 2)


@pytest.fixture
def chain():
    """Random scores with a forbidden step, start and end: emissions, lengths, transitions, start, end."""
    generator = torch.Generator().manual_seed(0)
    emissions, transitions, start, end = (
        torch.randn(*shape, generator=generator, dtype=torch.double)
        for shape in ((3, 4, NUM_TAGS), (NUM_TAGS, NUM_TAGS), (NUM_TAGS,), (NUM_TAGS,)))
    transitions[0, 1] = start[2] = end[0] = -torch.inf
    return emissions, torch.tensor(LENGTHS), transitions, start, end


def log_sum(scores) -> float:
    return torch.stack(scores).logsumexp(dim=0).item()


def walk(emissions, transitions, path, row, first):
    """Emissions and steps of a path that begins at a place, the first emission counted."""
    total = sum(emissions[row, first + step, tag] for step, tag in enumerate(path))
    return total + sum(transitions[one, other] for one, other in zip(path, path[1:], strict=False))


def test_forward_scores_sum_all_paths_up_to_a_tag(chain):
    emissions, lengths, transitions, start, _ = chain
    scores = forward_scores(emissions, lengths, transitions, start)
    for row, length in enumerate(LENGTHS):
        for place, tag in product(range(length), range(NUM_TAGS)):
            expected = log_sum([start[path[0]] + walk(emissions, transitions, path, row, 0)
                                for path in product(range(NUM_TAGS), repeat=place + 1) if path[-1] == tag])
            assert scores[row, place, tag].item() == pytest.approx(expected)
        assert all(torch.equal(scores[row, place], scores[row, length - 1]) for place in range(length, 4))


def test_backward_scores_sum_all_paths_from_a_tag_on(chain):
    emissions, lengths, transitions, _, end = chain
    scores = backward_scores(emissions, lengths, transitions, end)
    for row, length in enumerate(LENGTHS):
        for place, tag in product(range(length), range(NUM_TAGS)):
            expected = log_sum([
                walk(emissions, transitions, (tag, *path), row, place) - emissions[row, place, tag] + end[
                    (tag, *path)[-1]] for path in product(range(NUM_TAGS), repeat=length - 1 - place)])
            assert scores[row, place, tag].item() == pytest.approx(expected)


def test_path_scores_walk_along_a_path(chain):
    emissions, _, transitions, start, _ = chain
    path = [1, 2, 0, 2]
    scores = path_scores(emissions, torch.tensor([path] * 3), transitions, start)
    for row, place in product(range(3), range(4)):
        expected = start[1] + walk(emissions, transitions, path[:place + 1], row, 0)
        assert scores[row, place].item() == pytest.approx(expected.item())


def test_gradient_is_finite_where_steps_are_forbidden(chain):
    emissions, lengths, transitions, start, _ = chain
    emissions.requires_grad_()
    forward_scores(emissions, lengths, transitions, start)[:, -1].logsumexp(dim=1).sum().backward()
    assert emissions.grad.isfinite().all()
    assert emissions.grad.sum(dim=2).tolist() == [
        pytest.approx([1.0] * length + [0.0] * (4 - length)) for length in LENGTHS], 'marginals sum to 1'
