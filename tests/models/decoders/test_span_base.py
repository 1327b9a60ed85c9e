"""Spans from gold and entities from spans, by hand, over four kinds of samples."""
import numpy as np
import pytest

from mmner.models.decoders import EfficientGlobalPointerDecoder
from mmner.structures import Entity
from mmner.utils import InputError


@pytest.fixture
def decoder():
    return EfficientGlobalPointerDecoder(hidden_size=4, categories=['person', 'place'])


@pytest.fixture
def batch(pack, sample):
    """Nested, overlapping, equal and one-unit entities; given words; no units; a text in two windows."""
    return pack(
        sample([1, 2, 3, 4], spans=[('place', 0, 4), ('person', 1, 2), ('person', 0, 3), ('person', 0, 4)]),
        sample([1, 1, 3], spans=[('place', 0, 2)], unit_offsets=[[0, 5], [6, 8], [10, 13]]),
        sample([]),
        sample([1, 2, 7, 8, 9], windows=[5, 6], spans=[('person', 1, 4)]))


def test_gold_spans_in_a_packed_batch(decoder, batch):
    assert decoder.gold_spans(batch).tolist() == [[1, 0, 4], [0, 1, 2], [0, 0, 3], [0, 0, 4], [1, 4, 6], [0, 8, 11]]


def test_entities_in_offsets_by_place_and_category(decoder, batch):
    spans = np.array([[0, 8, 11], [1, 0, 4], [0, 0, 4], [0, 1, 2], [1, 4, 7], [0, 0, 3]])
    found = decoder.entities(batch, spans, np.array([0.8, 0.1, 0.2, 0.3, 0.4, 0.5]))
    assert found == [
        [Entity('person', 0, 3, 0.5), Entity('person', 0, 4, 0.2), Entity('place', 0, 4, 0.1),
         Entity('person', 1, 2, 0.3)],
        [Entity('place', 0, 13, 0.4)], [], [Entity('person', 1, 4, 0.8)]]
    assert all(type(value) is kind for entities in found for entity in entities
               for value, kind in zip(entity[:4], (str, int, int, float), strict=True))


def test_no_units_at_all(decoder, pack, sample):
    batch = pack(sample([]), sample([]))
    spans = decoder.gold_spans(batch)
    assert spans.shape == (0, 3)
    assert decoder.entities(batch, spans, np.zeros(0)) == [[], []]


def test_a_category_that_the_decoder_lacks_is_named(decoder, pack, sample):
    batch = pack(sample([1, 2], spans=[('person', 0, 1), ('organisation', 1, 2)]))
    with pytest.raises(InputError, match="category 'organisation' .* not among .*person, place; give both the same"):
        decoder.gold_spans(batch)
