import random
from importlib.util import find_spec

import pytest

from mmner.datasets import lexicon
from mmner.datasets.lexicon import Lexicon
from mmner.utils import InputError


@pytest.fixture
def words(tmp_path):
    """Writes files of words and gives their names."""
    def write(*contents: str) -> list[str]:
        files = [tmp_path / f'words{number}.txt' for number in range(len(contents))]
        for file, content in zip(files, contents, strict=True):
            file.write_bytes(content.encode())
        return list(map(str, files))
    return write


def found(sources, tags, text) -> list:
    """Matches with their tags by name."""
    return [(start, end, [sorted(tags)[number] for number in numbers])
            for start, end, numbers in Lexicon(sources=sources, tags=tags).matches(text)]


def test_matches_equal_those_of_all_substrings(words):
    choose = random.Random(3)
    entries = {''.join(choose.choices('abc', k=choose.randint(1, 6))) for _ in range(150)}
    sources = words('\n'.join(f'{entry}\tx' for entry in choose.sample(sorted(entries), len(entries))))
    matcher, total = Lexicon(sources=sources, tags=['x']), 0
    for _ in range(300):
        text = ''.join(choose.choices('abcd', weights=[3, 3, 3, 1], k=choose.randint(0, 20)))
        expected = [(start, end, (0,)) for start in range(len(text)) for end in range(start + 1, len(text) + 1)
                    if text[start:end] in entries]
        assert list(matcher.matches(text)) == expected
        total += len(expected)
    assert total > 3000


def test_a_word_has_the_tags_of_all_sources(words):
    sources = words('北京\tplace\n北京大学\tschool\n京\n\n 北京 \tname \r\n', '\ufeff北京\tname\n大\t\n学\tplace')
    tags = ['school', 'place', 'name', 'word']
    expected = [(0, 2, ['name', 'place']), (0, 4, ['school']), (1, 2, ['word']), (2, 3, ['word']), (3, 4, ['place'])]
    assert found(sources, tags, '北京大学') == found(sources[::-1], tags[::-1], '北京大学') == expected


def test_words_outside_the_first_plane_and_with_spaces(words):
    assert found(words('New York\tplace\n😀\tx\n𠮷野家\tx'), ['place', 'x'], 'New York 😀𠮷野家') == [
        (0, 8, ['place']), (9, 10, ['x']), (10, 13, ['x'])]


@pytest.mark.parametrize(('content', 'message'), [
    ('a\tx\nb\ty', r"words0.txt:2: 'b' has the tag 'y', which is none of x; correct the line, or add"),
    ('a\tx\nb', r"words0.txt:2: 'b' has the tag 'word', which is none of x"),
    ('\n\tx', 'words0.txt:2: not a word and its tag'),
    ('a\tx\ty', 'words0.txt:1: not a word and its tag'),
])
def test_mistakes_in_a_file(words, content, message):
    with pytest.raises(InputError, match=message) as caught:
        Lexicon(sources=words(content), tags=['x'])
    assert '\n' not in str(caught.value)


def test_mistakes_in_the_sources(tmp_path):
    (tmp_path / 'latin.txt').write_bytes(b'a\tx\n\xe9\tx')
    for sources, message in (([], r'sources=\[\]'), ('jieba', "sources='jieba' is no list"),
                             (['absent.txt'], 'absent.txt: No such file'),
                             ([str(tmp_path / 'latin.txt')], 'latin.txt:2: not UTF-8')):
        with pytest.raises(InputError, match=message):
            Lexicon(sources=sources, tags=['x'])


def test_jieba_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(lexicon, 'find_spec', lambda name: None)
    with pytest.raises(InputError, match='^jieba is not installed; .* the extra lexicon: pip install jieba$'):
        Lexicon(sources=['jieba'], tags=['x'])


def test_lines_of_jieba(monkeypatch, tmp_path):
    (tmp_path / '__init__.py').write_text('raise RuntimeError("imported")')
    (tmp_path / 'dict.txt').write_text('AT&T 3 nz\nNew York 5 ns\n大学 20025 n\n', encoding='utf8')
    monkeypatch.setattr(lexicon, 'find_spec', lambda name: type('Spec', (), dict(origin=str(tmp_path / '__init__.py'))))
    assert found(['jieba'], ['n', 'ns', 'nz'], 'AT&T大学New York') == [
        (0, 4, ['nz']), (4, 6, ['n']), (6, 14, ['ns'])]


@pytest.mark.skipif(find_spec('jieba') is None, reason='jieba is not installed')
def test_words_of_jieba_itself():
    tags = ['nt', 'ns', 'n', 'nz', 'nr', 'v']
    with pytest.raises(InputError, match=r'dict.txt:\d+: .* has the tag'):
        Lexicon(sources=['jieba'], tags=tags)
    from mmengine.config import Config

    from tests.runs import ROOT
    tags = Config.fromfile(ROOT / 'configs/lexicon/e5-small_softmax_lexicon-lstm_cluener_6e.py').tags
    assert (0, 4, ['nt']) in found(['jieba'], tags, '北京大学')
    assert (0, 2, ['ns']) in found(['jieba'], tags, '北京大学')
