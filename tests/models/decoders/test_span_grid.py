"""The pairs that prediction looks at in blocks, against all pairs of each sample in plain Python."""
import pytest
import torch

from mmner.models import decoders
from mmner.models.decoders import span_grid
from mmner.models.decoders.span_grid import BaseSpanGridDecoder, positions_of
from mmner.registry import MODELS
from mmner.utils import InputError

CATEGORIES = ['person', 'place']


def decoder_of(kind: str = 'EfficientGlobalPointerDecoder', *, max_width: int = 512) -> BaseSpanGridDecoder:
    torch.manual_seed(0)
    decoder = getattr(decoders, kind)(hidden_size=6, categories=CATEGORIES, head_size=4, max_width=max_width,
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


def scores_of(decoder, hidden, batch) -> list[torch.Tensor]:
    """For each sample the (K, L, L) scores of all its pairs, however wide."""
    samples = zip(*(side.split(batch.cu_units.diff().tolist())
                    for side in decoder.sides(decoder(hidden), positions_of(batch))), strict=True)
    return [decoder.score(firsts[None], lasts[None])[0] for firsts, lasts in samples]


def above_0(decoder, hidden, batch) -> list[list[tuple]]:
    """For each sample (label, start, end, score) of every pair within `max_width` that has a score above 0."""
    return [[(CATEGORIES[category], first, last + 1, score.sigmoid().item())
             for first in range(scores.shape[1]) for last in range(first, scores.shape[1])
             for category, score in enumerate(scores[:, first, last])
             if score > 0 and last - first < decoder.max_width]
            for scores in scores_of(decoder, hidden, batch)]


@pytest.mark.parametrize('block_size', [1, 4, 64])
@pytest.mark.parametrize('scores_at_once', [1, 300, 2 ** 21])
@pytest.mark.parametrize('max_width', [1, 3, 12, 512])
def test_blocks_hold_every_pair_within_the_width(batch, monkeypatch, block_size, scores_at_once, max_width):
    monkeypatch.setattr(span_grid, 'BLOCK_SIZE', block_size)
    monkeypatch.setattr(span_grid, 'SCORES_AT_ONCE', scores_at_once)
    decoder, hidden = decoder_of(max_width=max_width), hidden_of(batch)
    predicted, expected = decoder.predict(hidden, batch), above_0(decoder, hidden, batch)
    for found, rows in zip(predicted, expected, strict=True):
        assert [entity.span for entity in found] == [row[:3] for row in rows]
        assert [entity.score for entity in found] == pytest.approx([row[3] for row in rows], abs=1e-6)
    assert sum(map(len, expected)) > 10


@pytest.mark.parametrize('max_width', [1, 3, 12, 512])
@pytest.mark.parametrize('loss_module', ['MultiLabelCrossEntropyLoss', 'BinaryCrossEntropyLoss'])
def test_training_takes_every_pair_within_the_width_once(pack, sample, max_width, loss_module):
    """The loss and what teachers see, against each sample on its own; gold that is wider is no class."""
    decoder = decoder_of(max_width=max_width)
    decoder.loss_module = MODELS.build(dict(type=loss_module))
    gold = [[('place', 0, 3), ('person', 0, 1)], [], [('place', 1, 2), ('place', 1, 25), ('person', 27, 30)]]
    batch = pack(*(sample(list(range(length)), spans=spans) for length, spans in zip((3, 0, 30), gold, strict=True)))
    hidden = hidden_of(batch)
    logits, targets = [], []
    for scores, spans in zip(scores_of(decoder, hidden, batch), gold, strict=True):
        narrow = torch.ones(scores.shape[1:], dtype=torch.bool).triu().tril(max_width - 1)
        right = torch.zeros(scores.shape, dtype=torch.bool)
        for label, first, end in spans:
            right[CATEGORIES.index(label), first, end - 1] = True
        logits.append(scores[:, narrow])
        targets.append(right[:, narrow])
    losses = [decoder.loss_module(*rows) * 2 for rows in zip(logits, targets, strict=True)]
    decisions = decoder.decide(hidden, batch)
    assert decisions[0].dtype == torch.float32
    torch.testing.assert_close(decoder.loss_of(decisions, batch)['loss_span'], sum(losses) / 4)
    choices = decoder.choice_logits(decisions)
    torch.testing.assert_close(choices[:, 0], torch.cat([scores.T.flatten() for scores in logits]))


@pytest.mark.parametrize('max_width', [1, 3, 12, 512])
def test_biaffine_counts_the_spans_that_it_trains_on(batch, max_width):
    decoder = decoder_of('BiaffineDecoder', max_width=max_width)
    assert len(decoder.choice_logits(decoder.decide(hidden_of(batch), batch))) == decoder.num_terms(batch)


def test_targets_hold_all_gold(pack, sample):
    batch = pack(sample([]), sample([1, 2, 3], spans=[
        ('place', 0, 3), ('person', 0, 3), ('person', 1, 2), ('person', 0, 2), ('person', 1, 3), ('person', 1, 3)]),
        sample([]), sample([1, 2], spans=[('place', 1, 2)]))
    targets = decoder_of().decide(hidden_of(batch), batch)[1]
    assert targets.nonzero().tolist() == [[0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 1, 1], [0, 0, 1, 2], [0, 1, 0, 2],
                                          [1, 1, 1, 1]]


@pytest.mark.parametrize('kind', ['EfficientGlobalPointerDecoder', 'GlobalPointerDecoder', 'BiaffineDecoder'])
def test_bfloat16_scores_in_float32(kind, batch):
    """The inputs are rounded, the products of the pairs are not."""
    decoder, hidden = decoder_of(kind), hidden_of(batch)
    with torch.autocast('cpu', torch.bfloat16):
        values = decoder(hidden).float()
        scores, loss = decoder.decide(hidden, batch)[0], decoder.loss(hidden, batch)['loss_span']
    decoder.forward = lambda hidden: values
    assert torch.equal(decoder.decide(hidden, batch)[0], scores)
    assert loss.dtype == torch.float32 and loss.item() == decoder.loss(hidden, batch)['loss_span'].item()


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
