"""What each decoder finds if it decides all as gold wants it: by its decoding of perfect scores, over random gold."""
import numpy as np
import pytest
import torch

from mmner.models import decoders
from mmner.models.layers import UnitWindows
from mmner.structures import PackedBatch
from mmner.structures.entity import joined
from tests.models.decoders.test_score_gold import BIO, CATEGORIES, MMOCR, copying

LENGTHS = (9, 0, 1, 14, 6)
SURE = 60.0          # a probability of 1


def by_tags(decoder, batch: PackedBatch) -> list:
    tags = decoder.targets(batch)
    return decoder.predict(SURE * torch.nn.functional.one_hot(tags, decoder.tag_scheme.num_tags).float(), batch)


def by_pointers(decoder, batch: PackedBatch) -> list:
    return decoder.predict(SURE * (2 * decoder.targets(batch).float() - 1), batch)


def by_grid(decoder, batch: PackedBatch) -> list:
    """Of every pair that `predict` looks at the score that training wants."""
    _, targets, rows = decoder.decide(torch.zeros(batch.num_units, 6), batch)
    scores = SURE * (2 * targets.float() - 1)
    if isinstance(decoder, decoders.BiaffineDecoder):
        classes = torch.where(targets.any(dim=1), targets.int().argmax(dim=1) + 1, 0)
        scores = SURE * torch.nn.functional.one_hot(classes, len(CATEGORIES) + 1).movedim(3, 1).float()
    indices, probs = decoder.select(scores, rows.pairs)
    row, category, first, last = indices.unbind(1)
    found = torch.stack([category, rows.firsts[row, first], rows.lasts[row, last] + 1], dim=1)
    return decoder.selected_entities(batch, found.numpy(), probs.numpy())


def by_relations(decoder, batch: PackedBatch) -> list:
    windows = UnitWindows.of(batch.cu_units, decoder.max_length)
    classes = decoder.targets(batch, windows)
    scores = SURE * torch.nn.functional.one_hot(classes, len(CATEGORIES) + 2).float()
    indices, probs = decoder.select(scores, windows.pairs())
    kind, row, unit, other = indices.unbind(1)
    relations = torch.stack([kind, windows.begins[row] + unit, windows.begins[row] + other], dim=1)
    return decoder.chain_entities(batch, decoders.w2ner_decoder.chains_of(
        relations.numpy(), probs.numpy(), decoder.max_chains))


CASES = [
    (by_tags, 'SoftmaxDecoder', BIO), (by_tags, 'CRFDecoder', BIO), (by_tags, 'MMOCRSoftmaxDecoder', MMOCR),
    (by_pointers, 'SpanDecoder', dict(categories=CATEGORIES, max_width=4)),
    (by_pointers, 'SpanDecoder', dict(categories=CATEGORIES, selection=dict(type='NestedSpans'))),
    *((by_grid, kind, dict(categories=CATEGORIES, max_width=width, selection=dict(type=selection)))
      for kind in ('EfficientGlobalPointerDecoder', 'GlobalPointerDecoder', 'BiaffineDecoder')
      for width, selection in ((4, 'AllSpans'), (9, 'NestedSpans'), (20, 'FlatSpans'))),
    *((by_relations, 'W2NERDecoder', dict(categories=CATEGORIES, max_length=length)) for length in (128, 6)),
]


@pytest.fixture(params=CASES, ids=lambda case: f'{case[1]}-{"-".join(map(str, case[2].values()))}'[:60])
def perfect(request):
    """A decoder and a function of it and a batch that decodes what it should have learnt."""
    decode, kind, arguments = request.param
    if decode in (by_tags, by_pointers):
        size = len(CATEGORIES) * 2 if kind == 'SpanDecoder' else 8 if kind == 'MMOCRSoftmaxDecoder' else 5
        return copying(kind, size, **arguments), decode
    return getattr(decoders, kind)(hidden_size=6, **arguments).eval(), decode


def random_gold(generator: np.random.Generator, length: int, gaps: bool) -> list[tuple]:
    """Up to five unit spans of a text, which may overlap and be the same; with `gaps` some are discontinuous."""
    spans = []
    for _ in range(generator.integers(6) if length else 0):
        units = sorted(generator.choice(length, size=generator.integers(1, 4) if length > 3 else 1, replace=False))
        stretches = joined((int(unit), int(unit) + 1) for unit in units)
        if not gaps or len(stretches) == 1:
            stretches = ((stretches[0][0], stretches[-1][1]),)
        fragments = [stretches] if len(stretches) > 1 else []
        spans.append((str(generator.choice(CATEGORIES)), stretches[0][0], stretches[-1][1], *fragments))
    return spans


@pytest.mark.parametrize('gaps', [False, True])
def test_findable_is_what_perfect_scores_give(perfect, pack, sample, gaps):
    decoder, decode = perfect
    lost = 0
    for seed in range(10):
        generator = np.random.default_rng(seed)
        golds = [random_gold(generator, length, gaps) for length in LENGTHS]
        batch = pack(*(sample(list(range(1, length + 1)), spans=gold)
                       for length, gold in zip(LENGTHS, golds, strict=True)))
        gold = decoder.gold_entities(batch)
        found = decoder.findable(gold, batch.cu_units)
        decoded = [[entity.span for entity in entities] for entities in decode(decoder, batch)]
        assert found == set(decoder.over_batch(decoded, batch.cu_units))
        lost += len(set(gold) - found)
    assert lost, 'gold that any decoder finds proves nothing'


def test_stretches_that_nobody_annotated_are_not_gold(pack, sample):
    decoder = decoders.PartialCRFDecoder(hidden_size=6, **BIO)
    batch = pack(sample([1, 2, 3], spans=[('unknown', 0, 3), ('place', 1, 2)]))
    assert decoder.findable(decoder.gold_entities(batch), batch.cu_units) == {(1, ((1, 2),))}


def test_the_scope_of_tags_is_that_of_their_scheme():
    assert copying('MMOCRSoftmaxDecoder', 8, **MMOCR).scope == (
        'what the tags of MMOCRScheme hold: one tag for a unit, so no overlap and no gap, and no entity of one unit')
