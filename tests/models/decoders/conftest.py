"""A batch with gold for the tests of decoders that score pairs of units against a formula."""
import pytest
import torch

CATEGORIES = ['person', 'place']
LENGTHS = (3, 1, 4)
GOLD = ([('person', 0, 2), ('place', 1, 3), ('person', 0, 3)], [('place', 0, 1)], [])


@pytest.fixture
def batch(pack, sample):
    """Samples of LENGTHS units with GOLD, and one without units."""
    return pack(*(sample(list(range(1, length + 1)), spans=spans)
                  for length, spans in zip(LENGTHS, GOLD, strict=True)), sample([]))


def hidden_of(seed: int = 1) -> torch.Tensor:
    """(U, 6) for that batch."""
    return torch.randn(sum(LENGTHS), 6, generator=torch.Generator().manual_seed(seed))
