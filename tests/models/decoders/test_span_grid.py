"""The pairs that prediction looks at in blocks, against all pairs of each sample in plain Python."""
import pytest
import torch

from mmner.models.decoders import EfficientGlobalPointerDecoder, span_grid
from mmner.utils import InputError

CATEGORIES = ['person', 'place']


def decoder_of(max_width: int = 512) -> EfficientGlobalPointerDecoder:
    torch.manual_seed(0)
    decoder = EfficientGlobalPointerDecoder(hidden_size=6, categories=CATEGORIES, head_size=4, max_width=max_width,
                                            dropout=0.0)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.copy_(torch.randn_like(parameter))
    return decoder.eval()


@pytest.fixture
def batch(pack, sample):
    return pack(*(sample(list(range(1, length + 1))) for length in (3, 0, 1, 9, 0, 30, 2)))


def hidden_of(batch) -> torch.Tensor:
    return torch.randn(batch.num_units, 6, generator=torch.Generator().manual_seed(1))


def in_the_grid(decoder, hidden, batch) -> list[list[tuple]]:
    """For each sample (label, start, end, score) of every pair above 0 in the scores that training builds."""
    scores, pairs, _ = decoder.grid(hidden, batch)
    found, row = [], 0
    for length in batch.cu_units.diff().tolist():
        found.append([(CATEGORIES[category], first, last + 1, scores[row, category, first, last].sigmoid().item())
                      for first in range(length) for last in range(first, min(length, first + decoder.max_width))
                      for category in range(2) if pairs[row, first, last] and scores[row, category, first, last] > 0])
        row += length > 0
    return found


@pytest.mark.parametrize('block_size', [1, 4, 64])
@pytest.mark.parametrize('scores_at_once', [1, 300, 2 ** 21])
@pytest.mark.parametrize('max_width', [1, 3, 12, 512])
def test_blocks_hold_what_the_grid_holds(batch, monkeypatch, block_size, scores_at_once, max_width):
    monkeypatch.setattr(span_grid, 'BLOCK_SIZE', block_size)
    monkeypatch.setattr(span_grid, 'SCORES_AT_ONCE', scores_at_once)
    decoder, hidden = decoder_of(max_width), hidden_of(batch)
    predicted, expected = decoder.predict(hidden, batch), in_the_grid(decoder, hidden, batch)
    for found, rows in zip(predicted, expected, strict=True):
        assert [entity.span for entity in found] == [row[:3] for row in rows]
        assert [entity.score for entity in found] == pytest.approx([row[3] for row in rows], abs=1e-6)
    assert sum(map(len, expected)) > 10


def test_pairs_of_the_grid(batch):
    scores, pairs, targets = decoder_of().grid(hidden_of(batch), batch)
    assert scores.shape == targets.shape == (5, 2, 30, 30) and scores.dtype == torch.float32
    for row, length in enumerate((3, 1, 9, 30, 2)):
        assert pairs[row].tolist() == [[first <= last < length for last in range(30)] for first in range(30)]


def test_targets_hold_all_gold(pack, sample):
    batch = pack(sample([]), sample([1, 2, 3], spans=[
        ('place', 0, 3), ('person', 0, 3), ('person', 1, 2), ('person', 0, 2), ('person', 1, 3), ('person', 1, 3)]),
        sample([]), sample([1, 2], spans=[('place', 1, 2)]))
    targets = decoder_of().grid(hidden_of(batch), batch)[2]
    assert targets.nonzero().tolist() == [[0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 1, 1], [0, 0, 1, 2], [0, 1, 0, 2],
                                          [1, 1, 1, 1]]


def test_memory_of_prediction_grows_with_the_text_and_not_with_its_square(pack, sample, monkeypatch):
    decoder, largest = decoder_of(), []
    score = decoder.score
    monkeypatch.setattr(decoder, 'score', lambda *sides: largest.append(score(*sides)) or largest[-1])
    monkeypatch.setattr(decoder, 'select', lambda scores, pairs: (torch.zeros(0, 4, dtype=torch.long), torch.zeros(0)))
    batch = pack(sample([1] * 20_000))
    decoder.predict(hidden_of(batch), batch)
    assert max(scores.numel() for scores in largest) <= span_grid.SCORES_AT_ONCE
    assert sum(scores.numel() for scores in largest) < 20_100 * 2 * (512 + span_grid.BLOCK_SIZE)


def test_no_units(pack, sample):
    batch = pack(sample([]), sample([]))
    assert decoder_of().predict(torch.zeros(0, 6), batch) == [[], []]


def test_a_width_below_1_is_refused():
    with pytest.raises(InputError, match='max_width=0'):
        decoder_of(max_width=0)
