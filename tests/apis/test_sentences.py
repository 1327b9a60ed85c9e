import random

import pytest

from mmner.apis.sentences import split_sentences


@pytest.mark.parametrize(('text', 'sentences'), [
    ('', []),
    ('北京', ['北京']),
    ('他来了。她走了！', ['他来了。', '她走了！']),
    ('他说：“好！”她走了。', ['他说：“好！”', '她走了。']),
    ('真的？！不……是。', ['真的？！', '不……', '是。']),
    ('（他走了。）「好。」完', ['（他走了。）', '「好。」', '完']),
    ('标题\n\n  正文。 尾', ['标题\n\n  ', '正文。 ', '尾']),
    ('一行\r\n二行', ['一行\r\n', '二行']),
    (' \n', [' \n']),
    ('3.14, a.b', ['3.14, a.b']),
])
def test_by_hand(text, sentences):
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


def test_sentences_join_without_gaps():
    draw = random.Random(0)
    for _ in range(500):
        text = ''.join(draw.choices('甲。！”\n \r…"a\0\ud800', k=draw.randrange(12)))
        spans = list(split_sentences(text))
        assert [start for start, _ in spans] == [0, *(end for _, end in spans)][:len(spans)]
        assert ''.join(text[start:end] for start, end in spans) == text and all(start < end for start, end in spans)
