import torch
from torch import Tensor


def viterbi(emissions: Tensor, lengths: Tensor, transitions: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """The best path through each sequence: the largest sum of emissions, transitions, start and end scores.

    Args:
        emissions (Tensor): (N, L, K) score of each tag at each place; what lies behind a sequence's length is ignored.
        lengths (Tensor): (N,) places of each sequence, at least 1.
        transitions (Tensor): (K, K) score of going from the row's tag to the column's.
        start (Tensor): (K,) score of beginning with a tag.
        end (Tensor): (K,) score of ending with it.

    Returns:
        Tensor: (N, L) tag ids; behind a sequence's length its last tag is repeated.
    """
    best = emissions[:, 0] + start                                              # (N, K), of paths that end in a tag
    stay = torch.arange(emissions.shape[2], device=emissions.device).expand_as(best)
    origins = []
    for place in range(1, emissions.shape[1]):
        scores, origin = (best[:, :, None] + transitions).max(dim=1)            # both (N, K)
        inside = (place < lengths)[:, None]
        best = torch.where(inside, scores + emissions[:, place], best)
        origins.append(torch.where(inside, origin, stay))
    path = [(best + end).argmax(dim=1, keepdim=True)]                           # (N, 1) each, last place first
    for origin in reversed(origins):
        path.append(origin.gather(1, path[-1]))
    return torch.cat(path[::-1], dim=1)
