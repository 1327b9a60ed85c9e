import numpy as np
import pytest

from mmner.datasets.transforms.segment_words import SegmentWords
from mmner.utils import InputError


@pytest.fixture
def words(tmp_path):
    file = tmp_path / 'words.txt'
    file.write_text('北京\tns\n北京大学\n大学生\n学生\n的\n', encoding='utf8')
    return SegmentWords(sources=[str(file)])


@pytest.mark.parametrize(('text', 'expected'), [
    ('在北京大学生活', [0, 1, 1, 1, 1, 2, 3]),          # the longest from the left, though 大学生 is a word too
    ('北京的大学生', [0, 0, 1, 2, 2, 2]),
    ('北', [0]), ('', [])])
def test_the_longest_word_from_the_left(words, text, expected):
    results = words(dict(text=text, unit_to_token=np.arange(len(text))))
    assert results['unit_words'].tolist() == expected


def test_it_stands_before_pairs_are_joined(words):
    with pytest.raises(InputError, match='file:3: SegmentWords stands behind JoinSentencePair, .* put it before'):
        words(dict(text='北', unit_to_token=np.arange(2), token_types=np.array([0, 1]), where='file:3'))


def test_a_text_that_was_cut(words):
    assert words(dict(text='北京大学', unit_to_token=np.arange(3)))['unit_words'].tolist() == [0, 0, 0]


def test_several_sources_and_a_missing_one(words, tmp_path):
    more = tmp_path / 'more.txt'
    more.write_text('生活\n', encoding='utf8')
    both = SegmentWords(sources=[*words.files, str(more)])
    assert both(dict(text='大学生生活', unit_to_token=np.arange(5)))['unit_words'].tolist() == [0, 0, 0, 1, 1]
    with pytest.raises(InputError, match='none.txt: No such file'):
        SegmentWords(sources=[str(tmp_path / 'none.txt')])
    with pytest.raises(InputError, match="sources='jieba' is no list"):
        SegmentWords(sources='jieba')


def test_words_of_jieba():
    pytest.importorskip('jieba', reason='pip install jieba')
    results = SegmentWords(sources=['jieba'])(dict(text='他在上海工作', unit_to_token=np.arange(6)))
    assert results['unit_words'].tolist() == [0, 1, 2, 2, 3, 3]
