import torch
import torch.nn.functional as F
from torch import Tensor, nn

NUM_BINS = 10       # of distances 0, 1, 2-3, 4-7, ...


class PairFeatures(nn.Module):
    """A vector for each pair of units: of one, normalised under the condition of the other, and of their places.

    With unit i as the condition, vector h_j is normalised and multiplied by a gain and moved by a shift that are made
    of h_i; beside it stand an embedding of the distance of i and j, whose sign counts, and one of the region, above or
    below the diagonal; one layer and GELU bring these to C values. The layer is applied to the parts, then the sum is
    taken, so that only the (N, L, L, H) product of gain and vector is ever as large.

    Source: Li et al. 2022, 3.2, https://arxiv.org/abs/2112.10070

    Args:
        hidden_size (int): H, of the unit vectors.
        channels (int): C.
        place_size (int): Width of the embedding of distances, and of that of regions.
    """

    def __init__(self, *, hidden_size: int, channels: int, place_size: int):
        super().__init__()
        self.gain, self.shift = nn.Linear(hidden_size, hidden_size), nn.Linear(hidden_size, hidden_size)
        for layer, value in ((self.gain, 1.0), (self.shift, 0.0)):      # at first a layer norm like any other
            nn.init.zeros_(layer.weight)
            nn.init.constant_(layer.bias, value)
        self.distances = nn.Embedding(2 * NUM_BINS - 1, place_size)
        self.regions = nn.Embedding(2, place_size)
        self.of_vector = nn.Linear(hidden_size, channels)
        self.of_place = nn.Linear(2 * place_size, channels, bias=False)

    def units(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What `forward` needs of each unit: (U, H) to gains (U, H), projected shifts (U, C), normalised (U, H)."""
        gains = self.gain(hidden)
        normalised = F.layer_norm(hidden, hidden.shape[-1:]).to(gains.dtype)    # which autocast on CUDA makes float32
        return gains, self.of_vector(self.shift(hidden)), normalised

    def forward(self, gains: Tensor, shifts: Tensor, normalised: Tensor) -> Tensor:
        """(N, L, H), (N, L, C) and (N, L, H) from `units` to (N, L, L, C); the condition comes first."""
        vectors = gains[:, :, None] * normalised[:, None]                                   # (N, L, L, H)
        places = self.places(gains.shape[1], gains.device)
        return F.gelu(F.linear(vectors, self.of_vector.weight) + shifts[:, :, None] + places)

    def places(self, length: int, device: torch.device) -> Tensor:
        """(L, L, C) what the places of two units add."""
        units = torch.arange(length, device=device)
        distance = units[:, None] - units
        return self.of_place(torch.cat([self.distances(distance_bins(distance)), self.regions((distance >= 0).long())],
                                       dim=-1))


def distance_bins(distance: Tensor) -> Tensor:
    """Signed distances to bins: 0, 1, 2-3, 4-7, ... are 0, 1, 2, 3, ...; the same for negative ones, behind those."""
    bins = torch.frexp(distance.abs().float()).exponent.clamp(max=NUM_BINS - 1).long()
    return torch.where(distance < 0, bins + NUM_BINS - 1, bins)
