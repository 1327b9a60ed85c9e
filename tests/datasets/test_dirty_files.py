"""What happens to files, in every format, in which bytes or annotations are not as they should be."""
import random

import pytest

from mmner.cli.annotation_files import WRITABLE, build_reader, build_writer
from mmner.structures import Entity
from mmner.utils import InputError

# U+200B inside a word, U+FFFD, a character beyond the BMP, entities that touch and that are the whole text.
RECORDS = [('小\u200b米手机\ufffd在😀北京', [('name', 0, 3), ('address', 8, 10)]), ('王伟', [('name', 0, 2)]),
           ('没有', [])]
FILES = sorted(name for name in WRITABLE if name != 'brat')         # brat keeps the annotation beside the text


def records(texts) -> list[dict]:
    return [dict(text=text, entities=[Entity(*entity) for entity in entities], where=f'a:{line}')
            for line, (text, entities) in enumerate(texts, 1)]


def read(name: str, file) -> tuple[list, list[str]]:
    """Texts with spans, and what the reader says it repaired."""
    reader = build_reader(name, [])
    found = [(record['text'], sorted((entity.start, entity.end, entity.label) for entity in record['entities']))
             for record in reader(file)]
    return found, list(reader.report.lines())


def written(name: str, folder, texts=RECORDS):
    file = folder / f'{name}.txt'
    build_writer(name, [])(records(texts), file)
    return file


def expected(texts=RECORDS) -> list:
    return [(text, sorted((start, end, label) for label, start, end in entities)) for text, entities in texts]


@pytest.mark.parametrize('name', sorted(WRITABLE))
def test_invisible_and_unreadable_characters_stay(name, tmp_path):
    file = written(name, tmp_path)
    assert read(name, file)[0] == expected()


@pytest.mark.parametrize('name', FILES)
def test_mark_at_the_beginning_and_carriage_returns(name, tmp_path):
    file = written(name, tmp_path)
    file.write_bytes(b'\xef\xbb\xbf' + file.read_bytes().replace(b'\n', b'\r\n'))
    assert read(name, file)[0] == expected()


@pytest.mark.parametrize('name', FILES)
def test_what_is_not_utf8_is_refused_with_its_place(name, tmp_path):
    file = written(name, tmp_path)
    if name in ('conll', 'cluener', 'jsonl', 'doccano'):
        place = file.read_bytes().index('王'.encode())
    else:
        text = file.read_text(encoding='utf8')
        file.write_text(text.replace('\\u738b', '王'), encoding='utf8')
        place = file.read_bytes().index('王'.encode())
    content = file.read_bytes()
    file.write_bytes(content[:place] + b'\xff' + content[place + 3:])
    line = content[:place].count(b'\n') + 1
    with pytest.raises(InputError, match=rf'{file.name}:{line}: .*UTF-8'):
        read(name, file)


@pytest.mark.parametrize('name', sorted(WRITABLE))
def test_a_text_of_100_000_characters(name, tmp_path):
    source = random.Random(3)
    text = ''.join(source.choices('王伟在北京大学读书，abc。', k=100_000))
    starts = range(0, 99_000, 30)
    texts = [(text, [('name', start, start + source.randint(1, 9)) for start in starts])]
    assert read(name, written(name, tmp_path, texts))[0] == expected(texts)


@pytest.mark.parametrize('name', ['cluener', 'jsonl', 'spacy', 'doccano', 'label_studio', 'cmeee'])
def test_unsorted_and_overlapping_spans(name, tmp_path):
    texts = [('北京大学的王伟', [('name', 5, 7), ('organization', 0, 4), ('address', 0, 2), ('scene', 1, 3)])]
    assert read(name, written(name, tmp_path, texts))[0] == expected(texts)


@pytest.mark.parametrize(('name', 'line'), [
    ('jsonl', '{"text": "王 伟 在", "entities": [{"label": "a", "start": 1, "end": 4}]}'),
    ('cluener', '{"text": "王 伟 在", "label": {"a": {" 伟 ": [[1, 3]]}}}'),
    ('doccano', '{"text": "王 伟 在", "label": [[1, 4, "a"]]}'),
    ('spacy', '[["王 伟 在", {"entities": [[1, 4, "a"]]}]]'),
    ('cmeee', '[{"text": "王 伟 在", "entities": [{"start_idx": 1, "end_idx": 3, "type": "a", "entity": " 伟 "}]}]')])
def test_edge_blanks_are_kept_or_cut_and_counted(name, line, tmp_path):
    """Never lost in silence."""
    file = tmp_path / 'a'
    file.write_text(line, encoding='utf8')
    (_, spans), = read(name, file)[0]
    assert spans == [(1, 4, 'a')] or (spans == [(2, 3, 'a')] and read(name, file)[1])


@pytest.mark.parametrize(('name', 'line'), [
    ('jsonl', '{"text": "王伟", "entities": [{"label": 3, "start": 0, "end": 2}]}'),
    ('doccano', '{"text": "王伟", "label": [[0, 2, 3]]}'), ('spacy', '[["王伟", {"entities": [[0, 2, 3]]}]]')])
def test_labels_as_numbers(name, line, tmp_path):
    file = tmp_path / 'a'
    file.write_text(line, encoding='utf8')
    try:
        (_, spans), = read(name, file)[0]
    except InputError as error:
        assert str(error).startswith(f'{file}:1: ')
    else:
        assert spans == [(0, 2, '3')] and read(name, file)[1]
