"""Against the formulas of the paper, pair by pair."""
import math

import torch

from mmner.models.layers import PairConvolutions, PairFeatures
from mmner.models.layers.pair_features import distance_bins


def randomised(module: torch.nn.Module) -> torch.nn.Module:
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter))
    return module.double()


def test_bins_of_distances():
    distances = [0, 1, 2, 3, 4, 7, 8, 255, 256, 100_000, -1, -2, -3, -4, -256, -100_000]
    assert distance_bins(torch.tensor(distances)).tolist() == [0, 1, 2, 2, 3, 3, 4, 8, 9, 9, 10, 11, 11, 12, 18, 18]


def test_features_equal_the_formula():
    features = randomised(PairFeatures(hidden_size=6, channels=5, place_size=3))
    hidden = torch.randn(2, 4, 6, dtype=torch.double)
    found = features(*features.units(hidden))
    assert found.shape == (2, 4, 4, 5)
    for row in range(2):
        for i in range(4):
            for j in range(4):
                h_i, h_j = hidden[row, i], hidden[row, j]
                normal = (h_j - h_j.mean()) / (h_j.var(unbiased=False) + 1e-5).sqrt()
                vector = features.gain(h_i) * normal + features.shift(h_i)
                distance = i - j
                place = [0, 1, 2, 2][distance] if distance >= 0 else [0, 10, 11, 11][-distance]
                places = torch.cat([features.distances.weight[place], features.regions.weight[int(i >= j)]])
                logits = features.of_vector(vector) + features.of_place(places)
                expected = logits * 0.5 * (1 + torch.erf(logits / math.sqrt(2)))
                torch.testing.assert_close(found[row, i, j], expected)


def test_at_first_the_condition_does_not_matter():
    features = PairFeatures(hidden_size=6, channels=5, place_size=3)
    gains, _, _ = features.units(torch.randn(3, 6))
    assert (gains == 1).all()


def test_convolutions_equal_the_formula():
    convolutions = randomised(PairConvolutions(channels=2, dilations=(1, 2)))
    pairs = torch.randn(2, 5, 5, 2, dtype=torch.double)
    lengths = [5, 3]
    mask = torch.stack([torch.arange(5) < length for length in lengths])
    found = convolutions(pairs, mask[:, :, None] & mask[:, None])
    for row, length in enumerate(lengths):
        values, outcomes = pairs[row, :length, :length], []
        for layer, dilation in zip(convolutions.convolutions, (1, 2), strict=True):
            after = layer.bias.expand(length, length, 2).clone()
            for i in range(length):
                for j in range(length):
                    for a in (-1, 0, 1):
                        for b in (-1, 0, 1):
                            y, x = i + a * dilation, j + b * dilation
                            if 0 <= y < length and 0 <= x < length:
                                after[i, j] += layer.weight[:, 0, a + 1, b + 1] * values[y, x]
            values = after * 0.5 * (1 + torch.erf(after / math.sqrt(2)))
            outcomes.append(values)
        torch.testing.assert_close(found[row, :length, :length], torch.cat(outcomes, dim=2))
