from itertools import combinations

import numpy as np
import pytest

from mmner.models.decoders import AllSpans, EfficientGlobalPointerDecoder, FlatSpans, NestedSpans
from mmner.structures import Entity


def crosses(one, other) -> bool:
    return one[0] < other[0] < one[1] < other[1] or other[0] < one[0] < other[1] < one[1]


def overlaps(one, other) -> bool:
    return one[0] < other[1] and other[0] < one[1]


@pytest.mark.parametrize(('selection', 'kept'), [(AllSpans, [0, 1, 2, 3, 4, 5, 6]), (NestedSpans, [1, 3, 4, 2, 6]),
                                                 (FlatSpans, [1, 2])])
def test_by_hand(selection, kept):
    """[0, 4) is best; [2, 6) crosses it, [4, 6) touches it, [1, 3) lies in it, [0, 6) around it; [2, 4) crosses
    [1, 3), which is better; [2, 3) lies in all but [4, 6)."""
    spans = np.array([[2, 6], [0, 4], [4, 6], [1, 3], [0, 6], [2, 4], [2, 3]])
    scores = np.array([0.8, 0.9, 0.3, 0.7, 0.4, 0.5, 0.1])
    assert selection()(spans, scores, 6).tolist() == kept


@pytest.mark.parametrize(('selection', 'clash'), [(NestedSpans, crosses), (FlatSpans, overlaps)])
def test_no_two_that_stay_clash_and_each_dropped_clashes_with_a_better_one(selection, clash):
    generator = np.random.default_rng(0)
    spans = np.array(list(combinations(range(13), 2)) * 2)         # each twice
    spans, scores = spans[generator.permutation(len(spans))], generator.random(len(spans))
    kept = selection()(spans, scores, 12).tolist()
    assert scores[kept].tolist() == sorted(scores[kept], reverse=True)
    assert not any(clash(spans[one], spans[other]) for one, other in combinations(kept, 2))
    for index in set(range(len(spans))) - set(kept):
        assert any(clash(spans[index], spans[other]) and scores[other] > scores[index] for other in kept)


def test_equal_scores_go_by_the_text():
    spans = np.array([[1, 2], [2, 4], [0, 3], [0, 2]])
    assert FlatSpans()(spans, np.ones(4), 4).tolist() == [3, 1]


@pytest.mark.parametrize('selection', [AllSpans, NestedSpans, FlatSpans])
def test_no_spans(selection):
    assert selection()(np.zeros((0, 2), dtype=np.int64), np.zeros(0), 0).tolist() == []


def test_a_decoder_takes_it_by_config(pack, sample):
    """The selection goes over the batch, and spans of different samples never clash."""
    decoder = EfficientGlobalPointerDecoder(hidden_size=4, categories=['person', 'place'],
                                            selection=dict(type='mmner.FlatSpans'))
    batch = pack(sample([1, 2, 3]), sample([1, 2]))
    spans = np.array([[0, 3, 5], [1, 0, 2], [0, 1, 3], [1, 2, 3], [1, 3, 5]])
    found = decoder.selected_entities(batch, spans, np.array([0.6, 0.7, 0.9, 0.8, 0.7]))
    assert found == [[Entity('person', 1, 3, 0.9)], [Entity('place', 0, 2, 0.7)]]
