"""Targets and entities that every tagging decoder shares, by hand, and what every decoder does without units.

BIO ids: O 0, person 1 2, place 3 4.
"""
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from mmner.models.decoders import SoftmaxDecoder
from mmner.models.decoders.softmax_decoder import product_over_units
from mmner.structures import Entity
from mmner.utils import InputError
from tests.models.conftest import DECODERS, HIDDEN, config_of


@pytest.fixture
def decoder():
    return SoftmaxDecoder(hidden_size=4, tag_scheme=dict(type='BIO', categories=['person', 'place']))


def entities(decoder, batch, tags, scores) -> list[list[Entity]]:
    spans = decoder.tag_scheme.decode(np.array(tags, dtype=np.int64), batch.cu_units.numpy())
    return decoder.entities(batch, spans, product_over_units(np.array(scores, dtype=float), spans))


@pytest.fixture
def batch(pack, sample):
    """Characters; three given words; a text without units; a long text in two windows of which units chose one."""
    return pack(
        sample([1, 2, 3, 4], spans=[('place', 2, 4), ('person', 0, 1)]),
        sample([1, 1, 3], spans=[('place', 0, 2)], unit_offsets=[[0, 5], [6, 8], [10, 13]]),
        sample([]),
        sample([1, 2, 7, 8, 9], windows=[5, 6], spans=[('person', 1, 4)]))


def test_targets_in_a_packed_batch(decoder, batch):
    assert len(batch.cu_seqlens) == 6 and len(batch.samples) == 4
    targets = decoder.targets(batch)
    assert targets.tolist() == [1, 0, 3, 4] + [3, 4, 0] + [] + [0, 1, 2, 2, 0]
    assert targets.dtype == torch.int64


def test_entities_in_offsets_with_the_product_of_the_scores(decoder, batch):
    tags = [1, 2, 0, 3] + [0, 3, 4] + [] + [4, 0, 1, 2, 2]
    scores = [0.5, 0.5, 0.9, 0.3] + [0.9, 0.8, 0.5] + [] + [0.25, 1.0, 1.0, 0.5, 0.5]
    found = entities(decoder, batch, tags, scores)
    assert found == [
        [Entity('person', 0, 2, pytest.approx(0.25)), Entity('place', 3, 4, pytest.approx(0.3))],
        [Entity('place', 6, 13, pytest.approx(0.4))],
        [],
        [Entity('place', 0, 1, pytest.approx(0.25)), Entity('person', 2, 5, pytest.approx(0.25))]]
    assert all(type(value) is kind for sample in found for entity in sample
               for value, kind in zip(entity[:4], (str, int, int, float), strict=True))


def test_scores_of_0_and_1_stay_what_they_are(decoder, pack):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = entities(decoder, pack(9), [1, 2, 0, 1, 2, 0, 3], [0.9, 0.0, 1.0, 1.0, 1.0, 0.0, 0.5])
    assert [entity.score for entity in found[0]] == [0.0, 1.0, 0.5]


def test_the_score_of_a_late_entity_is_as_exact_as_that_of_the_first(decoder, pack):
    num_units = 400
    found = entities(decoder, pack(num_units + 2), [1] * num_units, [1e-30] * num_units)
    assert [entity.score for entity in found[0]] == [1e-30] * num_units


def test_no_units_at_all(decoder, pack, sample):
    batch = pack(sample([]), sample([]))
    assert decoder.targets(batch).shape == (0,)
    assert entities(decoder, batch, [], []) == [[], []]


def test_a_category_that_the_scheme_lacks_is_named(decoder, pack, sample):
    batch = pack(sample([1, 2], spans=[('person', 0, 1), ('organisation', 1, 2)]))
    with pytest.raises(InputError, match="category 'organisation' .* not among .*person, place; give both the same"):
        decoder.targets(batch)


def test_discontinuous_gold_is_no_span(decoder, pack, sample):
    """place in units 0 and 3 of a sample behind another; W2NER takes it from `gold_entities`."""
    batch = pack(sample([1, 2]), sample([1, 2, 3, 4], spans=[('place', 0, 4, ((0, 1), (3, 4))), ('person', 1, 3)]))
    assert decoder.gold_spans(batch).tolist() == [[0, 3, 5]]
    assert decoder.gold_entities(batch) == [(1, ((2, 3), (5, 6))), (0, ((3, 5),))]
    assert decoder.targets(batch).tolist() == [0, 0, 0, 1, 2, 0]


@pytest.mark.parametrize('name', sorted(DECODERS.keys() - {'MMOCRSoftmaxDecoder'}))       # which reads [CLS] and [SEP]
def test_no_units_cost_nothing_and_every_parameter_gets_a_gradient(name, build, pack, sample):
    decoder, batch = build(**config_of(name)).decoder, pack(sample([]))
    hidden = torch.zeros(0, HIDDEN, requires_grad=True)
    loss, = decoder.loss(hidden, batch).values()
    loss.backward()
    assert loss.item() == 0 and decoder.num_terms(batch) == 0
    assert all(parameter.grad is not None and not parameter.grad.any() for parameter in decoder.parameters())
    assert decoder.predict(hidden, batch) == [[]]


ONE_CLASS = ['CrossEntropyLoss', 'DiceLoss', 'FocalLoss']
ANY_CLASSES = ['BinaryCrossEntropyLoss', 'MultiLabelCrossEntropyLoss']
FITTING = (dict.fromkeys(['SoftmaxDecoder', 'MMOCRSoftmaxDecoder', 'BiaffineDecoder', 'W2NERDecoder'], ONE_CLASS)
           | dict.fromkeys(['SpanDecoder', 'GlobalPointerDecoder', 'EfficientGlobalPointerDecoder'], ANY_CLASSES))


def losses_with(loss, decoder: str, build, batch) -> dict:
    config = config_of(decoder)
    return build(**config | dict(decoder=config['decoder'] | dict(loss_module=dict(type=loss))))(batch, mode='loss')


@pytest.mark.parametrize('decoder', FITTING)
def test_a_loss_trains_or_is_refused_with_those_that_would(decoder, build, batch):
    for loss in (*ONE_CLASS, *ANY_CLASSES):
        if loss in FITTING[decoder]:
            assert sum(losses_with(f'mmner.{loss}', decoder, build, batch).values()).isfinite()
            continue
        with pytest.raises(InputError, match=f'^{decoder}: {loss} reads .*; use one of (.+)$') as caught:
            losses_with(f'mmner.{loss}', decoder, build, batch)
        assert sorted(str(caught.value).rpartition(' one of ')[2].split(', ')) == FITTING[decoder]


def test_a_loss_of_ones_own_need_not_say_what_it_reads(build, batch):
    own, ours = (losses_with(loss, 'SoftmaxDecoder', build, batch)['loss_tag']
                 for loss in (nn.CrossEntropyLoss, 'mmner.CrossEntropyLoss'))
    assert torch.equal(own, ours)
