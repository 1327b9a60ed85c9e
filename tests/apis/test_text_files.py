import io
import os
from threading import Thread

import pytest

from mmner.apis.text_files import line_texts, placed_lines, text_files, texts_in
from mmner.utils import InputError


def test_a_line_is_a_text_blank_ones_too(tmp_path):
    file = tmp_path / 'a.txt'
    file.write_bytes('\ufeff甲\u2028乙\r\n\n \x85\r丙'.encode())
    assert list(texts_in([file])) == [
        (f'{file}:1', '甲\u2028乙', {}), (f'{file}:2', '', {}), (f'{file}:3', ' \x85\r丙', {})]


def test_carriage_returns_inside_of_lines_are_told(tmp_path, caplog):
    old, other, json = tmp_path / 'old.txt', tmp_path / 'other.txt', tmp_path / 'a.jsonl'
    old.write_bytes(b'a\rb\r')
    other.write_bytes(b'a\r\r\nb\r\n')
    json.write_text('{"text": "a\\rb"}')
    assert [text for _, text, _ in texts_in([old, other, json])] == ['a\rb', 'a\r', 'b', 'a\rb']
    line = '1 x carriage return inside of a line (kept; if lines end with it alone, convert them, e.g. with ' \
           '`tr "\\r" "\\n"`), e.g. {}'
    assert caplog.messages == [line.format(f'{old}:1')]
    assert list(line_texts(io.BytesIO(b'a\nb\rc'), 'stdin')) == [('stdin:1', 'a'), ('stdin:2', 'b\rc')]
    assert caplog.messages[1:] == [line.format('stdin:2')]


@pytest.mark.parametrize('name', ['a.jsonl', 'A.JSONL', 'a.ndjson'])
def test_json_lines(tmp_path, name):
    file = tmp_path / name
    file.write_text('{"text": "a\\ud800", "id": 3}\n\n{"text": ""}\n')
    assert list(texts_in([file])) == [(f'{file}:1', 'a\ud800', dict(id=3)), (f'{file}:3', '', {})]
    file.write_text('{"text": "a"}\n{"text": 3}\n')
    with pytest.raises(InputError, match=f'{name}:2: expected an object with a string "text", found '):
        list(texts_in([file]))
    file.write_text('{"text": "a", "id": 1.5}\n')
    with pytest.raises(InputError, match=f'{name}:1: the id 1.5 is neither a string nor a whole number'):
        list(texts_in([file]))
    file.write_text('[{"text": "a"},\n{"text": "b"}]')
    assert list(texts_in([file])) == [(f'{file}:1', 'a', {}), (f'{file}:2', 'b', {})]
    file.write_text('')
    assert list(texts_in([file])) == []


@pytest.mark.parametrize('content', ['{"text": "a"}\n{"text": "b"}\n', '[{"text": "a"},\n{"text": "b"}]'])
def test_a_pipe_is_read_once(tmp_path, content):
    pipe = tmp_path / 'a.jsonl'
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=(content,))
    writer.start()
    assert list(texts_in([pipe])) == [(f'{pipe}:1', 'a', {}), (f'{pipe}:2', 'b', {})]
    writer.join(10)


def test_a_folder_gives_its_text_files_sorted(tmp_path):
    (tmp_path / 'b').mkdir()
    for name in ('b/C.TXT', 'a.txt', 'd.json'):
        (tmp_path / name).write_text('x')
    assert text_files(tmp_path) == [tmp_path / 'a.txt', tmp_path / 'b/C.TXT']
    (tmp_path / 'a.txt').unlink()
    (tmp_path / 'b/C.TXT').unlink()
    with pytest.raises(InputError, match='the folder has no .txt file'):
        text_files(tmp_path)
    with pytest.raises(InputError, match='absent: no such file or folder'):
        text_files(tmp_path / 'absent')


def test_texts_of_a_folder_and_of_several_files_say_where_they_stand(tmp_path):
    (tmp_path / 'b').mkdir()
    file, other = tmp_path / 'b/a.txt', tmp_path / 'c.jsonl'
    file.write_text('甲\n\n')
    other.write_text('\n{"text": "乙", "id": "x"}')
    expected = [(f'{file}:1', '甲', dict(file=str(file), line=1)), (f'{file}:2', '', dict(file=str(file), line=2))]
    assert list(texts_in([tmp_path])) == expected
    assert list(texts_in([file, other])) == [*expected, (f'{other}:2', '乙', dict(id='x', file=str(other), line=2))]


def test_a_line_that_is_not_utf8_is_named():
    lines = placed_lines(io.BytesIO(b'a\n\xe4\xff\n'), 'stdin')
    assert next(lines) == ('stdin:1', 'a')
    with pytest.raises(InputError, match='stdin:2: not UTF-8'):
        next(lines)
