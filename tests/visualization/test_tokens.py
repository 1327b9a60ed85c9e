import numpy as np

from mmner.structures import Entity, NERDataSample
from mmner.visualization import learnable_entities, mark_tokens


def test_characters():
    """Two characters in a token, one that no token has of its own, one that is unknown."""
    sample = NERDataSample(0, '王伟\x1b龘', [], unit_spans=[('name', 0, 2)])
    marked = mark_tokens(sample, dict(input_ids=np.array([2, 9, 8, 1, 3]), unit_to_token=np.array([1, 1, 2, 3])), 1)
    assert marked.plain == '王伟│\u241b│龘'
    assert [(marked.plain[span.start:span.end], span.style) for span in marked.spans] == [
        ('│', 'dim'), ('│', 'dim'), ('龘', 'reverse')]
    assert learnable_entities(sample) == [Entity('name', 0, 2)]


def test_words():
    sample = NERDataSample(0, 'New York  is cold', [], unit_offsets=np.array([[0, 3], [4, 8], [10, 12], [13, 17]]),
                           unit_spans=[('place', 0, 2), ('odd', 0, 4, ((0, 1), (2, 4)))])
    marked = mark_tokens(sample, dict(input_ids=np.array([2, 5, 6, 6, 7, 8, 3]), unit_to_token=np.array([1, 2, 4])), 1)
    assert marked.plain == 'New│York│is', 'the last word was cut off'
    assert learnable_entities(sample) == [
        Entity('place', 0, 8), Entity('odd', 0, 17, fragments=((0, 3), (10, 17)))]
