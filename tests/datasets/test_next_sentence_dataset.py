import json
from collections import Counter

import numpy as np
import pytest

from mmner.datasets.next_sentence_dataset import NextSentenceDataset
from mmner.utils import InputError


def make_dataset(tmp_path, lines: str, **changes) -> NextSentenceDataset:
    (tmp_path / 'texts.txt').write_text(lines, encoding='utf8')
    return NextSentenceDataset(str(tmp_path / 'texts.txt'), reader=dict(type='mmner.TextReader'), categories=[],
                               **changes)


def test_half_of_the_lines_are_followed_by_the_next(tmp_path):
    """Two documents, a to d and e to f: d and f are followed by nothing."""
    np.random.seed(0)
    dataset = make_dataset(tmp_path, 'a\nb\nc\nd\n\ne\nf\n')
    following, others = dict(zip('abce', 'bcdf', strict=True)), {text: Counter() for text in 'abcdef'}
    true = Counter()
    for _ in range(2000):
        for record in dataset.__getitems__(range(6)):
            text, second = record['text'], record['second']['text']
            if record['is_next']:
                assert second == following[text]
                true[text] += 1
            else:
                others[text][second] += 1
    assert {text: true[text] / 2000 for text in 'abce'} == pytest.approx(dict.fromkeys('abce', 0.5), abs=0.04)
    assert not true['d'] and not true['f']
    for text, counts in others.items():
        after = 'abcdef'[('abcdef'.index(text) + 1) % 6]
        assert set(counts) == set('abcdef') - {text, after}
        assert max(counts.values()) < 1.3 * min(counts.values())


def test_with_a_seed_the_pairs_stay(tmp_path):
    lines = '\n'.join(map(str, range(40)))
    dataset = make_dataset(tmp_path, lines, seed=0, test_mode=True)
    drawn = [[(dataset[index]['second']['text'], dataset[index]['is_next']) for index in range(40)] for _ in range(2)]
    assert drawn[0] == drawn[1] and 5 < sum(is_next for _, is_next in drawn[0]) < 35


def test_lines_chosen_apart_do_not_follow_each_other(tmp_path):
    dataset = make_dataset(tmp_path, '\n'.join(map(str, range(40))), indices=[0, *range(1, 40, 2)])
    assert not any(dataset[index]['is_next'] for index in range(1, 21) for _ in range(10))


@pytest.mark.parametrize('between', ['\n', '', '\n\n'])
def test_an_array_has_no_lines_that_follow_each_other(tmp_path, between):
    file = tmp_path / 'texts.json'
    file.write_text(f'[{f",{between}".join(between + json.dumps(dict(text=str(number))) for number in range(9))}]')
    dataset = NextSentenceDataset(str(file), reader=dict(type='mmner.TextReader'), categories=[], lazy_init=True)
    with pytest.raises(InputError, match=r'texts\.json: no text stands in the line behind another, .* a \.txt or'):
        dataset[0]


def test_pairs_and_masks_of_one_seed_do_not_hang_together(tmp_path):
    dataset = make_dataset(tmp_path, '\n'.join(map(str, range(2000))), seed=0, test_mode=True)
    draws = [np.random.RandomState([0, index]).random_sample() for index in range(2000)]      # of MaskTokens
    is_next = [record['is_next'] for record in dataset.__getitems__(range(2000))]
    assert abs(np.corrcoef(draws, is_next)[0, 1]) < 0.1


def test_too_few_lines(tmp_path):
    with pytest.raises(InputError, match='texts.txt: 2 lines, but sentence pairs need at least 3'):
        make_dataset(tmp_path, 'a\nb\n')[0]
