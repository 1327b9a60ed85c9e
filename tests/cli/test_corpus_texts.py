import pytest

from mmner.cli.corpus_texts import read_corpus_texts
from mmner.utils import InputError


def written(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content.encode())
    return file


@pytest.mark.parametrize('name, content, expected', [
    ('a.json', '{"text": "北京", "label": {}}\n\n{"text": "a\\nb"}\n', ['北京', 'a\nb']),
    ('a.json', '\ufeff [{"text": "北京"},\n {"text": "上\u2028海"}]', ['北京', '上\u2028海']),
    ('a.jsonl', '{"text": "a\u2028b"}\r\n{"text": "\\ud800c"}', ['a\u2028b', '\ufffdc']),
    ('a.JSONL', '{"text": "a"}', ['a']),
    ('a.txt', '{"text": 1}\na\u2028b\n\nc', ['{"text": 1}', 'a\u2028b', 'c']),
])
def test_texts(tmp_path, name, content, expected):
    assert read_corpus_texts(written(tmp_path, name, content)) == expected


@pytest.mark.parametrize('content', [
    '北 B-LOC\n京 I-LOC\n很 O\n大 O\n\n',
    '-DOCSTART- -X- O\r\n\r\nEU NNP B-ORG\r\nrejects VBZ O \r\n',
    'a b\tS-A\nc\tO\nwithout\n',
])
def test_columns_are_no_texts(tmp_path, content):
    with pytest.raises(InputError, match=r'all.conll: looks like columns .* \(--corpus CONFIG.py\)'):
        read_corpus_texts(written(tmp_path, 'all.conll', content))


@pytest.mark.parametrize('content', [
    'vitamin B-6\nvitamin B-12', 'blood group O\n0', 'group O\nvitamin B-6\nvitamin C\ngroup A', 'O\nB-LOC',
    'group-O\nvitamin-B-6'])
def test_texts_that_end_like_columns(tmp_path, content):
    assert read_corpus_texts(written(tmp_path, 'a.txt', content)) == content.split('\n')


@pytest.mark.parametrize('name, content, place', [
    ('a.json', '{"text": "a"}\n{"txt": "b"}', 'a.json:2: expected an object with a string "text"'),
    ('a.json', '[{"text": "a"},\n{"text": null}]', 'a.json:2: expected an object'),
    ('a.txt', ' \n\n', 'a.txt: the file is empty'),
    ('a.json', '[{"text": " "}]', 'a.json: holds no text'),
])
def test_mistakes_name_the_place(tmp_path, name, content, place):
    with pytest.raises(InputError) as caught:
        read_corpus_texts(written(tmp_path, name, content))
    assert str(tmp_path / place) in str(caught.value) and '\n' not in str(caught.value)
