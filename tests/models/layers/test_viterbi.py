from itertools import product

import torch

from mmner.models.layers import viterbi


def test_equals_the_best_of_all_paths():
    torch.manual_seed(0)
    num_tags, lengths = 3, torch.tensor([1, 4, 2, 5])
    emissions, transitions = torch.randn(4, 5, num_tags), torch.randn(num_tags, num_tags)
    start, end = torch.randn(num_tags), torch.randn(num_tags)
    transitions[0, 1] = start[2] = end[0] = -torch.inf
    paths = viterbi(emissions, lengths, transitions, start, end)
    for row, length in enumerate(lengths.tolist()):
        def score(path, row=row):
            steps = sum(transitions[one, other] for one, other in zip(path, path[1:], strict=False))
            return start[path[0]] + end[path[-1]] + steps + sum(emissions[row, i, tag] for i, tag in enumerate(path))
        best = max(product(range(num_tags), repeat=length), key=score)
        assert paths[row, :length].tolist() == list(best)
