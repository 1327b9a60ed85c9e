import json
import os

import pytest

from mmner.cli.split_dataset import main
from mmner.datasets import CLUENERReader, CMeEEReader, ConllReader, ConllWriter, SpacyReader, SpacyWriter
from mmner.datasets.readers.json_file import json_file
from mmner.structures import Entity
from tests.runs import tool

PARTS = ['--parts', 'train.json=0.9', 'dev.json=0.1']


def fails(capsys, *argv) -> str:
    capsys.readouterr()
    assert main([str(argument) for argument in argv]) == 1
    line, = capsys.readouterr().err.splitlines()
    return line


def content(records) -> list[tuple]:
    return [(record['text'], record['entities']) for record in records]


@pytest.mark.parametrize(('name', 'reader', 'count'), [
    ('cluener/train.json', CLUENERReader(), 10748), ('cmeee_nested/CMeEE_dev.json', CMeEEReader(), 5000),
    ('resume/test.char.bmes', ConllReader(), 477),
    ('wnut17/wnut17train.conll', ConllReader(separator='\t', joiner=' '), 3394)])
def test_every_record_is_in_exactly_one_part_and_in_order(shared, tmp_path, name, reader, count):
    file = shared / 'data' / name
    assert main([str(file), str(tmp_path), '--parts', 'a=0.7', 'b=0.2', 'c=1/10', '--seed', '3']) == 0
    assert sorted(os.listdir(tmp_path)) == ['a', 'b', 'c']
    whole = content(reader(file))
    places = {}
    for place, record in enumerate(whole):
        places.setdefault(str(record), []).append(place)
    parts = [content(reader(tmp_path / part)) for part in 'abc']
    assert sorted(map(str, sum(parts, []))) == sorted(map(str, whole)) and len(whole) == count
    assert all(abs(len(part) - share * count) < 1 for part, share in zip(parts, (0.7, 0.2, 0.1), strict=True))
    for part in parts:      # where a text stands twice, the earliest place that keeps the order
        last = -1
        for record in part:
            last = min(place for place in places[str(record)] if place > last)


def test_lines_are_copied_byte_by_byte(tmp_path):
    lines = [b'{"text": "\\u738b %d \xe2\x80\xa8"  , "x": 1.0}\r\n' % number for number in range(50)]
    file = tmp_path / 'all.json'
    file.write_bytes(b'\xef\xbb\xbf' + b'\n'.join(lines[:25]) + b''.join(lines[25:])[:-2])
    assert main([str(file), str(tmp_path / 'out'), *PARTS]) == 0
    train, dev = ((tmp_path / f'out/{name}.json').read_bytes() for name in ('train', 'dev'))
    found = [line.rstrip() for part in (train, dev) for line in part.splitlines() if line.strip()]
    assert sorted(found) == sorted(line.rstrip() for line in lines) and len(dev.splitlines()) == 5
    assert b'\r\n' in train and not train.startswith(b'\xef')


def test_objects_of_several_lines_stay_whole(tmp_path):
    objects = [dict(text='王{', n=number) for number in range(20)]
    file = tmp_path / 'all.json'
    file.write_text(''.join(f'{json.dumps(value, indent=indent, ensure_ascii=False)}{between}' for value, (
        indent, between) in zip(objects, [(2, '\n'), (None, ' '), (1, '')] * 7, strict=False)), encoding='utf8')
    assert main([str(file), str(tmp_path / 'out'), *PARTS]) == 0
    parts = [[record.value for record in json_file(tmp_path / f'out/{name}.json')] for name in ('train', 'dev')]
    assert list(map(len, parts)) == [18, 2] and sorted(sum(parts, []), key=lambda value: value['n']) == objects


def test_a_broken_object_is_named(tmp_path, capsys):
    (tmp_path / 'all.json').write_text('{"text": "a"}\n' * 9 + '{"text":\n "a}\n')
    assert f'{tmp_path}/all.json:10: not valid JSON' in fails(capsys, tmp_path / 'all.json', tmp_path / 'out', *PARTS)
    assert not (tmp_path / 'out').exists()


def test_items_of_an_array_are_copied_character_by_character(tmp_path):
    items = ['{\r\n "text" : "\\u738b王", \n"x": ' f'{number}.00e0}}' for number in range(10)]
    file = tmp_path / 'all.json'
    file.write_bytes(('[' + ' , '.join(items) + ']').encode())
    assert main([str(file), str(tmp_path / 'out'), *PARTS]) == 0
    parts = [(tmp_path / f'out/{name}.json').read_bytes().decode() for name in ('train', 'dev')]
    assert [len(json.loads(part)) for part in parts] == [9, 1]
    assert all(sum(item in part for part in parts) == 1 for item in items)


@pytest.mark.parametrize('between', ['', '\r\n', '\n \n'])
def test_pairs_of_spacy(tmp_path, between):
    """In an array, as `SpacyWriter` has them, and one a line; `between` them is more."""
    records = [dict(text=f'王 "{number}', entities=[Entity('x', 0, 1)]) for number in range(20)]
    SpacyWriter()(records, tmp_path / 'array')
    array = (tmp_path / 'array').read_text(encoding='utf8')
    (tmp_path / 'lines').write_bytes(''.join(f'{json.dumps(pair)}\n{between}' for pair in json.loads(array)).encode())
    (tmp_path / 'array').write_bytes(array.replace('\n', f'\n{between}').encode())
    for name in ('array', 'lines'):
        assert main([str(tmp_path / name), str(tmp_path / f'{name}_parts'), *PARTS]) == 0
        parts = [content(SpacyReader(strict=True)(tmp_path / f'{name}_parts/{part}.json')) for part in ('train', 'dev')]
        assert list(map(len, parts)) == [18, 2] and sorted(sum(parts, [])) == sorted(content(records))


@pytest.mark.parametrize('blocks', [
    ['# licence\n# more\n\nBob B-PER\n\n', 'a O\n\n', 'b O\n\n', 'c O\n'],
    ['# head\n-DOCSTART- O\n\na O\n\n', '# one\n\n# two\nb O\n\n', 'c O\n\n', 'd O\n\n# end\n'],
    ['a O\n\n', '# O\n\nb O\n\n', '# O\nc O\n\n', 'd O\n\n# O\n\n#b B-x\n']])
def test_what_begins_with_a_number_sign_stays_with_a_sentence(tmp_path, blocks):
    file = tmp_path / 'all.conll'
    file.write_text(''.join(blocks))
    assert main([str(file), str(tmp_path), '--parts', *(f'{name}=0.25' for name in 'abcd')]) == 0
    assert sorted((tmp_path / name).read_text() for name in 'abcd') == sorted(blocks)


def test_a_document_that_begins_right_behind_a_sentence(tmp_path):
    """In a part, another sentence than the one of its file may stand behind it."""
    file = tmp_path / 'all.conll'
    file.write_text(''.join(f'-DOCSTART- O\na{number} B-X\n\nb{number} I-X\n' for number in range(9)))
    assert main([str(file), str(tmp_path), '--parts', 'a=0.5', 'b=0.5']) == 0
    texts = [record['text'] for name in 'ab' for record in ConllReader()(tmp_path / name)]
    assert sorted(texts) == sorted(record['text'] for record in ConllReader()(file)) and len(texts) == 18


def test_a_byte_order_mark_that_belongs_to_a_sentence(tmp_path):
    records = [dict(text=f'\ufeff{number}', entities=[Entity('x', 0, 1)]) for number in range(10)]
    ConllWriter()(records, tmp_path / 'all.conll')
    assert main([str(tmp_path / 'all.conll'), str(tmp_path), *PARTS]) == 0
    parts = [content(ConllReader(strict=True)(tmp_path / f'{part}.json')) for part in ('train', 'dev')]
    assert list(map(len, parts)) == [9, 1] and sorted(sum(parts, [])) == content(records)


def test_sentences_keep_their_separators(tmp_path):
    blocks = [b'-DOCSTART- O\n\na O\nb\tO\n\t\n\n', b'{ O\n\xff O\n \n', b'c O\n', b'-DOCSTART- O\n\nd O\n\n', b'e O']
    file = tmp_path / 'all.conll'
    file.write_bytes(b''.join(blocks))
    blocks[2] = b'c O\n\n'      # what follows in its part may begin with a word
    for seed in range(5):
        assert main([str(file), str(tmp_path / str(seed)), '--parts', 'x=0.4', 'y=0.6', '--seed', str(seed)]) == 0
        parts = [(tmp_path / f'{seed}/{name}').read_bytes() for name in 'xy']
        chosen = [[block for block in blocks if block in part] for part in parts]
        assert [b''.join(part) for part in chosen] == parts and list(map(len, chosen)) == [2, 3]


def test_the_seed_fixes_the_parts(shared, tmp_path):
    file, dev = shared / 'data/resume/dev.char.bmes', []
    for number, seed in enumerate((0, 0, 1)):
        assert main([str(file), str(tmp_path / str(number)), *PARTS, '--seed', str(seed)]) == 0
        dev.append((tmp_path / f'{number}/dev.json').read_bytes())
    assert dev[0] == dev[1] != dev[2]


def test_nothing_is_overwritten(shared, tmp_path, capsys):
    (tmp_path / 'dev.json').write_text('work')
    line = fails(capsys, shared / 'data/cluener/dev.json', tmp_path, *PARTS)
    assert f'{tmp_path}/dev.json: exists' in line
    assert os.listdir(tmp_path) == ['dev.json'] and (tmp_path / 'dev.json').read_text() == 'work'


@pytest.mark.parametrize(('parts', 'words'), [
    (['a=0.9', 'b=0.2'], 'add up to 1'), (['a=0.5', 'a=0.5'], 'names must differ'), (['a'], '--parts a: expected'),
    (['=1'], 'expected'), (['../a=1'], 'expected'), (['..=1'], 'expected'), (['a=0', 'b=1'], 'expected'),
    (['a=-1', 'b=2'], 'expected'), (['a=1/0'], 'expected'), (['a=nan'], 'expected'),
    (['a=0.999', 'b=0.001'], '4 records leave one of the 2 parts empty')])
def test_wrong_parts(tmp_path, capsys, parts, words):
    file = tmp_path / 'all.json'
    file.write_bytes(b'{"text": ""}\n' * 4)
    assert words in fails(capsys, file, tmp_path / 'out', '--parts', *parts)
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('data', [b'', b'\n\n', b'[]'])
def test_empty_file(tmp_path, capsys, data):
    file = tmp_path / 'all.json'
    file.write_bytes(data)
    assert f'{file}: ' in fails(capsys, file, tmp_path / 'out', *PARTS)
    assert 'No such file' in fails(capsys, tmp_path / 'none', tmp_path / 'out', *PARTS)
    assert 'File exists; give another path' in fails(capsys, *split_into_a_file(tmp_path))


@pytest.mark.parametrize('data', [
    '他走了。\n'.encode(), '{"text": "他 "}\n'.encode('utf-16'), '王\tB-x\n'.encode('utf-16'), b'# O\n',
    b'1,"{""text"": ""Bob is here"",\n\n""n"": 1}"\n'])
def test_neither_json_nor_columns(tmp_path, capsys, data):
    file = tmp_path / 'all.txt'
    file.write_bytes(data * 10)
    assert f'{file}: neither JSON nor columns' in fails(capsys, file, tmp_path / 'out', *PARTS)


def test_a_folder(tmp_path, capsys):
    line = fails(capsys, tmp_path, tmp_path / 'out', *PARTS)
    assert f'{tmp_path}: a folder' in line and f'`mmner convert {tmp_path} all.jsonl --from brat --to jsonl`' in line


def split_into_a_file(folder) -> list:
    (folder / 'good.json').write_bytes(b'{}\n' * 10)
    return [folder / 'good.json', folder / 'good.json', *PARTS]


def test_the_tool(shared, tmp_path):
    done = tool('dataset_converters/split_dataset.py', shared / 'data/cluener/train.json', tmp_path, *PARTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f'{tmp_path}/train.json: 9673 records', f'{tmp_path}/dev.json: 1075 records']
