import json
from itertools import product

import numpy as np
import pytest

from mmner.registry import TAG_SCHEMES
from mmner.structures.tag_schemes import BIO, BIOES

SCHEMES = ['BIO', 'BIOES', 'BMES', 'BILOU']


def build(name, categories):
    return TAG_SCHEMES.build({'type': name, 'categories': categories})


def decode_words(scheme, sentences):
    """Spans (category, start, end) of every sentence of tag names, decoded as one batch."""
    ids = {tag: index for index, tag in enumerate(scheme.tags)}
    cu_units = np.cumsum([0, *map(len, sentences)])
    spans = scheme.decode(np.array([ids[tag] for tags in sentences for tag in tags], dtype=np.int64), cu_units)
    found = [[] for _ in sentences]
    for category, start, end in spans.tolist():
        sentence = int(np.searchsorted(cu_units, start, side='right')) - 1
        found[sentence].append((scheme.categories[category], start - cu_units[sentence], end - cu_units[sentence]))
    return found


@pytest.mark.parametrize(('name', 'expected'), [
    ('BIO', 'B-x I-x I-x O B-y B-y I-y'), ('BIOES', 'B-x I-x E-x O S-y B-y E-y'),
    ('BMES', 'B-x M-x E-x O S-y B-y E-y'), ('BILOU', 'B-x I-x L-x O U-y B-y L-y'),
])
def test_encode_by_hand(name, expected):
    scheme = build(name, ['x', 'y'])
    tags = scheme.encode(np.array([[1, 5, 7], [0, 0, 3], [1, 4, 5]]), 7)
    assert [scheme.tags[tag] for tag in tags] == expected.split()
    assert tags.dtype == np.int64


@pytest.mark.parametrize('name', SCHEMES)
def test_longer_span_wins(name):
    scheme = build(name, ['x', 'y'])
    expected = scheme.encode(np.array([[1, 1, 5]]), 6)
    assert (scheme.encode(np.array([[1, 1, 5], [0, 4, 6]]), 6) == expected).all()


@pytest.mark.parametrize('name', SCHEMES)
def test_nothing_to_do(name):
    scheme = build(name, ['x'])
    assert scheme.encode(np.empty((0, 3), dtype=np.int64), 3).tolist() == [0, 0, 0]
    assert scheme.decode(np.zeros(0, dtype=np.int64), np.array([0])).shape == (0, 3)
    assert scheme.decode(np.zeros(0, dtype=np.int64), np.array([0, 0, 0])).shape == (0, 3)


@pytest.mark.parametrize(('name', 'tags', 'expected'), [
    ('BIO', 'I-x I-x O I-y', [('x', 0, 2), ('y', 3, 4)]),                       # orphans start entities
    ('BIO', 'B-x I-y I-x', [('x', 0, 1), ('y', 1, 2), ('x', 2, 3)]),            # another category ends
    ('BIOES', 'E-x I-x E-x', [('x', 0, 1), ('x', 1, 3)]),                       # what follows an ending tag starts
    ('BIOES', 'S-x E-x B-x S-x', [('x', 0, 1), ('x', 1, 2), ('x', 2, 3), ('x', 3, 4)]),
    ('BMES', 'M-x M-x B-x O', [('x', 0, 2), ('x', 2, 3)]),
    ('BILOU', 'B-x I-x L-x L-x U-x', [('x', 0, 3), ('x', 3, 4), ('x', 4, 5)]),
])
def test_lenient_decode(name, tags, expected):
    assert decode_words(build(name, ['x', 'y']), [tags.split()]) == [expected]


@pytest.mark.parametrize('name', SCHEMES)
def test_no_entity_crosses_a_sample(name):
    scheme = build(name, ['x'])
    begin, inside = (scheme.tags.index(f'{prefix}-x') for prefix in (scheme.first, scheme.inside))
    tags = np.array([begin, inside, inside, inside, inside])
    assert scheme.decode(tags, np.array([0, 0, 2, 2, 4, 5, 5])).tolist() == [[0, 0, 2], [0, 2, 4], [0, 4, 5]]


@pytest.mark.parametrize('scheme', [BIO, BIOES])
def test_decode_equals_seqeval(shared, scheme):
    cases = json.loads((shared / 'golden/seqeval_nervaluate.json').read_text())
    sentences = [tags for case in cases for tags in case['y_pred']]
    expected = [[(label, start, last + 1) for label, start, last in entities]
                for case in cases for entities in case['pred_entities_default']]
    categories = sorted({tag[2:] for tags in sentences for tag in tags if tag != 'O'})
    assert sum(map(len, expected)) > 100
    assert decode_words(scheme(categories=categories), sentences) == expected


@pytest.mark.parametrize('name', SCHEMES)
@pytest.mark.parametrize('length', [1, 2, 3, 4])
def test_allowed_sequences_are_those_that_survive(name, length):
    """All sequences of 2 categories: the transitions permit one exactly if decoding and encoding give it back."""
    scheme = build(name, ['x', 'y'])
    sequences = np.array(list(product(range(scheme.num_tags), repeat=length)))              # (N, length)
    permitted = scheme.allowed_start[sequences[:, 0]] & scheme.allowed_end[sequences[:, -1]]
    permitted &= scheme.allowed[sequences[:, :-1], sequences[:, 1:]].all(axis=1)
    spans = scheme.decode(sequences.ravel(), np.arange(len(sequences) + 1) * length)
    again = scheme.encode(spans, sequences.size).reshape(sequences.shape)
    assert ((again == sequences).all(axis=1) == permitted).all()
    assert 0 < permitted.sum() < len(sequences)


def test_transitions_by_hand():
    scheme = BIO(categories=['x', 'y'])                                         # O B-x I-x B-y I-y
    assert scheme.allowed.astype(int).tolist() == [[1, 1, 0, 1, 0], [1, 1, 1, 1, 0], [1, 1, 1, 1, 0],
                                                   [1, 1, 0, 1, 1], [1, 1, 0, 1, 1]]
    assert scheme.allowed_start.tolist() == [True, True, False, True, False]
    assert scheme.allowed_end.all()
    scheme = BIOES(categories=['x'])                                            # O B I E S
    assert scheme.allowed.astype(int).tolist() == [[1, 1, 0, 0, 1], [0, 0, 1, 1, 0], [0, 0, 1, 1, 0],
                                                   [1, 1, 0, 0, 1], [1, 1, 0, 0, 1]]
    assert scheme.allowed_end.tolist() == [True, False, False, True, True]


def cluener_spans(path):
    """Gold of a CLUENER file as one packed batch: categories, (E, 3) spans, (N + 1,) cu_units."""
    samples = [json.loads(line) for line in path.read_text(encoding='utf-8').splitlines()]
    categories = sorted({category for sample in samples for category in sample['label']})
    cu_units = np.cumsum([0] + [len(sample['text']) for sample in samples])
    spans = [(categories.index(category), offset + start, offset + last + 1)
             for sample, offset in zip(samples, cu_units[:-1].tolist(), strict=True)
             for category, strings in sample['label'].items()
             for places in strings.values() for start, last in places]
    return categories, np.array(spans), cu_units


@pytest.mark.parametrize('name', SCHEMES)
@pytest.mark.parametrize(('split', 'num_spans', 'num_lost'), [('dev', 3072, 0), ('train', 23972, 2)])
def test_cluener_round_trip(shared, name, split, num_spans, num_lost):
    categories, gold, cu_units = cluener_spans(shared / f'data/cluener/{split}.json')
    scheme = build(name, categories)
    spans = scheme.decode(scheme.encode(gold, int(cu_units[-1])), cu_units)
    expected, found = set(map(tuple, gold.tolist())), list(map(tuple, spans.tolist()))
    assert len(gold) == len(expected) == num_spans
    assert len(found) == len(set(found)) == num_spans - num_lost
    assert set(found) < expected if num_lost else set(found) == expected
    for _, start, end in expected - set(found):
        assert any(s < end and start < e and e - s >= end - start for _, s, e in found)
    assert (np.diff(spans[:, 1]) > 0).all()
