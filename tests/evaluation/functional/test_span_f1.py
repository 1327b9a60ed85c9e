import json
import time

import numpy as np
import pytest

from mmner.evaluation.functional import Counts, mmocr_counts, strict_counts, total
from mmner.structures import Entity
from mmner.structures.tag_schemes import BIO

A, B, C = Entity('a', 0, 2), Entity('b', 3, 5), Entity('c', 0, 2)


def test_rates():
    counts = Counts(correct=3, predicted=4, gold=6)
    assert (counts.precision, counts.recall, counts.f1) == (0.75, 0.5, pytest.approx(0.6))


@pytest.mark.parametrize('counts', [Counts(0, 0, 0), Counts(0, 5, 0), Counts(0, 0, 5), Counts(0, 5, 5)])
def test_rates_of_nothing(counts):
    assert (counts.precision, counts.recall, counts.f1) == (0.0, 0.0, 0.0)


def test_strict_counts():
    scored = [A._replace(score=0.5), A._replace(score=0.6), Entity('b', 3, 6), C]
    counts = strict_counts([[B, A, A], []], [scored, [A]])
    assert counts == {'a': Counts(1, 2, 1), 'b': Counts(0, 1, 1), 'c': Counts(0, 1, 0)}
    assert list(counts) == ['a', 'b', 'c']
    assert total(counts) == Counts(1, 4, 2)


def test_mmocr_counts_doubles():
    scored = [A._replace(score=0.5), A._replace(score=0.6), Entity('b', 3, 6), C]
    counts = mmocr_counts([[B, A, A], []], [scored, [A]])
    assert list(counts.items()) == [('b', Counts(0, 1, 1)), ('a', Counts(2, 3, 2)), ('c', Counts(0, 1, 0))]


@pytest.mark.parametrize('count', [strict_counts, mmocr_counts])
def test_sentences_must_pair(count):
    assert total(count([], [])) == Counts(0, 0, 0)
    with pytest.raises(ValueError, match='shorter'):
        count([[A], [B]], [[A]])


def from_cluener(labels):
    return [[Entity(category, start, last + 1) for category, strings in label.items()
             for places in strings.values() for start, last in places] for label in labels]


def from_mmocr(sentences):
    return [[Entity(category, start, last + 1) for category, start, last in entities] for entities in sentences]


def mmocr_result(gold, predicted):
    """MMOCR's result: a row for every category in gold, then 'all'."""
    counts = mmocr_counts(gold, predicted)
    rows = {label: row for label, row in counts.items() if row.gold} | {'all': total(counts)}
    return {label: {'precision': row.precision, 'recall': row.recall, 'f1-score': row.f1}
            for label, row in rows.items()}


def test_mmocr_metric_cases(shared):
    cases = json.loads((shared / 'golden/mmocr_063/metric_cases.json').read_text())
    assert len(cases) == 100
    for case in cases:
        result = mmocr_result(from_cluener(case['gold']), from_mmocr(case['pred']))
        assert list(result.items()) == list(case['result'].items())


def test_mmocr_expected(shared):
    folder = shared / 'golden/mmocr_063'
    expected = json.loads((folder / 'expected.json').read_text())
    labels = [json.loads(line)['label'] for line in (folder / 'texts.jsonl').read_text(encoding='utf-8').splitlines()]
    assert mmocr_result(from_cluener(labels), from_mmocr(expected['entities'])) == expected['metrics']


def test_strict_counts_equal_seqeval(shared):
    cases = json.loads((shared / 'golden/seqeval_nervaluate.json').read_text())
    assert len(cases) == 60
    for case in cases:
        gold = [decode(tags) for tags in case['y_true']]
        counts = total(strict_counts(gold, from_mmocr(case['pred_entities_default'])))
        assert (counts.precision, counts.recall, counts.f1) == pytest.approx(tuple(case['default'][k] for k in 'prf'))


def decode(tags):
    """Entities of one sentence of BIO tags."""
    scheme = BIO(categories=['LOC', 'ORG', 'PER'])
    spans = scheme.decode(np.array([scheme.tags.index(tag) for tag in tags]), np.array([0, len(tags)]))
    return [Entity(scheme.categories[category], start, end) for category, start, end in spans.tolist()]


@pytest.mark.parametrize('count', [strict_counts, mmocr_counts])
def test_100_000_sentences_take_at_most_a_second(count):
    gold = [[Entity('ab'[i % 2], i % 9, i % 9 + 3), Entity('c', i % 7, i % 7 + 2), Entity('d', 9, 11)][:3 - (i % 3 > 0)]
            for i in range(100_000)]
    predicted = [[entities[0], *(entity._replace(end=entity.end + i % 2) for entity in entities[1:])]
                 for i, entities in enumerate(gold)]
    start = time.process_time()
    counts = total(count(gold, predicted))
    assert time.process_time() - start <= 1
    assert counts == Counts(100_000 + sum(len(entities) - 1 for entities in gold[::2]), 233_334, 233_334)


@pytest.mark.parametrize('count', [strict_counts, mmocr_counts])
def test_all_fragments_must_be_right(count):
    gold = [Entity('a', 0, 9, fragments=((0, 2), (5, 9))), Entity('a', 3, 4)]
    wrong = [Entity('a', 0, 9, 0.5), Entity('a', 0, 9, 0.5, ((0, 1), (5, 9))), Entity('a', 0, 9, 0.5, ((0, 2), (4, 9)))]
    right = gold[0]._replace(score=0.5)
    assert count([gold], [wrong]) == {'a': Counts(0, 3, 2)}
    assert count([gold], [[*wrong, right]]) == {'a': Counts(1, 4, 2)}
