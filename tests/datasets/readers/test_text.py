import re
import shlex
import subprocess

import pytest

from mmner.datasets import CMeEEReader
from mmner.datasets.readers.text import TextReader, json_objects
from mmner.utils import InputError


def test_lines_of_text_with_their_numbers(tmp_path):
    file = tmp_path / 'texts.txt'
    file.write_text('第一行\r\n\n 二\u2028行\n{"text": "x"}\n', encoding='utf8')
    assert list(TextReader()(file)) == [
        dict(text='第一行', entities=[], line=1), dict(text=' 二\u2028行', entities=[], line=3),
        dict(text='{"text": "x"}', entities=[], line=4)]


def test_a_carriage_return_inside_of_a_line_is_counted(tmp_path):
    file, reader = tmp_path / 'texts.txt', TextReader()
    file.write_bytes(b'one\rtwo\r')
    assert [record['text'] for record in reader(file)] == ['one\rtwo'] and reader.report.counts.total() == 1


@pytest.mark.parametrize('suffix', ['json', 'jsonl', 'ndjson', 'JSON'])
def test_json_gives_its_text_without_gold(tmp_path, suffix):
    file = tmp_path / f'texts.{suffix}'
    file.write_text('{"text": "王伟在", "label": {"name": {"王伟": [[0, 1]]}}}\n{"text": "甲", "label": 7}\n',
                    encoding='utf8')
    assert list(TextReader()(file)) == [dict(text='王伟在', entities=[], line=1), dict(text='甲', entities=[], line=2)]


def test_an_array_of_objects(tmp_path):
    file = tmp_path / 'texts.json'
    file.write_text('\ufeff\n [{"text": "王\u2028伟"},\n\n {"text": ""}]\n', encoding='utf8')
    assert list(TextReader()(file)) == [
        dict(text='王\u2028伟', entities=[], line=2), dict(text='', entities=[], line=4)]


@pytest.mark.parametrize('content', ['', '\n \n', '[]'])
def test_an_empty_file(tmp_path, content):
    file = tmp_path / 'texts.json'
    file.write_text(content)
    with pytest.raises(InputError, match='texts.json: the file is empty'):
        list(TextReader()(file))


def test_an_empty_array_has_no_texts():
    assert list(json_objects([(1, '['), (2, ''), (3, ' ] ')], 'stdin')) == []


@pytest.mark.parametrize('line', ['{"label": {}}', '["text"]', '{"text": 3}'])
def test_an_object_without_text_is_named(tmp_path, line):
    file = tmp_path / 'texts.jsonl'
    file.write_text(f'{{"text": "甲"}}\n{line}\n', encoding='utf8')
    with pytest.raises(InputError, match=r'texts.jsonl:2: expected an object with a string "text"'):
        list(TextReader()(file))


@pytest.mark.parametrize('reader', [TextReader, CMeEEReader])
def test_the_advice_on_another_encoding_works(reader, tmp_path):
    file = tmp_path / 'texts.txt'
    file.write_text('甲乙', encoding='gb18030')
    with pytest.raises(InputError, match='texts.txt:1: not UTF-8') as caught:
        list(reader()(file))
    command, = re.findall('`(.*)`', str(caught.value))
    assert subprocess.run([*shlex.split(command), file], capture_output=True, check=True).stdout == '甲乙'.encode()
