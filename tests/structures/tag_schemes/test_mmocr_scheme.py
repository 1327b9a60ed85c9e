import json

import numpy as np
import pytest

from mmner.registry import TAG_SCHEMES

CATEGORIES = ['address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene']


@pytest.fixture
def scheme():
    return TAG_SCHEMES.build({'type': 'MMOCRScheme', 'categories': CATEGORIES})


@pytest.fixture
def golden(shared):
    return shared / 'golden/mmocr_063'


def in_samples(scheme, spans, cu_units):
    """MMOCR's [category, first, last] lists of every sample."""
    found = [[] for _ in cu_units[1:]]
    for category, start, end in spans.tolist():
        sample = int(np.searchsorted(cu_units, start, side='right')) - 1
        found[sample].append([scheme.categories[category], start - cu_units[sample], end - 1 - cu_units[sample]])
    return found


def test_tag_ids(scheme):
    assert scheme.num_tags == 24
    assert scheme.tags[:2] == ('X', 'B-address')
    assert scheme.tags[10:12] == ('B-scene', 'I-address')
    assert scheme.tags[20:] == ('I-scene', 'O', 'unused1', 'unused2')
    assert scheme.outside_id == 21


def test_decode_cases(scheme, golden):
    cases = json.loads((golden / 'decode_cases.json').read_text())
    cu_units = np.cumsum([0] + [len(case['tags']) for case in cases])
    tags = np.array([scheme.tags.index(tag) for case in cases for tag in case['tags']])
    assert len(cases) == 1000
    assert in_samples(scheme, scheme.decode(tags, cu_units), cu_units) == [case['entities'] for case in cases]


def test_encode_and_decode_of_the_trained_model(scheme, golden):
    samples = [json.loads(line) for line in (golden / 'texts.jsonl').read_text(encoding='utf-8').splitlines()]
    forward = np.load(golden / 'forward.npz')
    expected = json.loads((golden / 'expected.json').read_text())['entities']
    for sample, labels, logits, entities in zip(samples, forward['labels'], forward['logits'], expected, strict=True):
        units = slice(1, 1 + len(sample['text']))                               # behind [CLS]
        spans = [(CATEGORIES.index(category), start, last + 1) for category, strings in sample['label'].items()
                 for places in strings.values() for start, last in places]
        assert scheme.encode(np.array(spans), len(sample['text'])).tolist() == labels[units].tolist()
        cu_units = np.array([0, len(sample['text'])])
        assert in_samples(scheme, scheme.decode(logits[units].argmax(axis=-1), cu_units), cu_units) == [entities]


def test_later_span_covers_earlier(scheme):
    tags = scheme.encode(np.array([[0, 0, 5], [1, 1, 3]]), 6)
    assert [scheme.tags[tag] for tag in tags] == ['B-address', 'B-book', 'I-book', 'I-address', 'I-address', 'O']


@pytest.mark.parametrize('tag', [0, 21, 22, 23])
def test_tags_without_category_end_an_entity(scheme, tag):
    assert scheme.decode(np.array([1, 11, tag, 11]), np.array([0, 4])).tolist() == [[0, 0, 2]]


def test_entity_at_the_border_of_samples(scheme):
    assert scheme.decode(np.array([1, 11, 11, 2, 12]), np.array([0, 2, 2, 5])).tolist() == [[0, 0, 2], [1, 3, 5]]


def test_any_tag_may_follow_any(scheme):
    """MMOCR does not look for valid sequences: its decoder takes the best tag of every unit as it comes."""
    assert scheme.allowed.all() and scheme.allowed_start.all() and scheme.allowed_end.all()
    assert scheme.allowed.shape == (24, 24)
