"""Sums over all paths through chains of tags, in logarithms.

Shapes as in `viterbi`: N sequences, L the longest, K tags. Source: https://dl.acm.org/doi/10.5555/645530.655813
"""
import torch
from torch import Tensor


def forward_scores(emissions: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor) -> Tensor:
    """(N, L, K) log of the sum over all paths that end in a tag at a place, its emission counted.

    Behind a sequence's length its last row is repeated.
    """
    scores = [emissions[:, 0] + start]                                          # (N, K) each
    for place in range(1, emissions.shape[1]):
        ahead = torch.logsumexp(scores[-1][:, :, None] + transitions, dim=1) + emissions[:, place]
        scores.append(torch.where((place < lengths)[:, None], ahead, scores[-1]))
    return torch.stack(scores, dim=1)


def backward_scores(emissions: Tensor, lengths: Tensor, transitions: Tensor, end: Tensor) -> Tensor:
    """(N, L, K) log of the sum over all paths from a tag at a place to the end, its own emission not counted.

    From a sequence's last place on it is `end`.
    """
    scores = [end.expand_as(emissions[:, 0])]                                   # (N, K) each, last place first
    for place in range(emissions.shape[1] - 1, 0, -1):
        behind = torch.logsumexp(transitions + (emissions[:, place] + scores[-1])[:, None], dim=2)
        scores.append(torch.where((place < lengths)[:, None], behind, end))
    return torch.stack(scores[::-1], dim=1)


def path_scores(emissions: Tensor, paths: Tensor, transitions: Tensor, start: Tensor) -> Tensor:
    """(N, L) score of (N, L) paths up to each place, its emission counted."""
    steps = emissions.gather(2, paths[:, :, None]).squeeze(2)
    entries = torch.cat([start[paths[:, :1]], transitions[paths[:, :-1], paths[:, 1:]]], dim=1)
    return (steps + entries).cumsum(dim=1)
