import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from mmner.datasets import column_cache
from mmner.datasets.column_cache import fingerprint, load_or_prepare, map_folder
from mmner.structures import Entity
from mmner.utils import InputError

RECORDS = [dict(text='字' * size, line=size, entities=[Entity('x', 0, size)], unit_spans=[],
                input_ids=np.arange(size, dtype=np.int32)) for size in range(1, 300)]


class Source:
    """Gives `RECORDS` and counts how often it was asked."""

    def __init__(self):
        self.asked = 0

    def __call__(self):
        self.asked += 1
        yield from RECORDS


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def logged(monkeypatch) -> list[str]:
    lines = []
    monkeypatch.setattr(column_cache, 'print_log', lambda line, **_: lines.append(line))
    return lines


def check(columns):
    assert len(columns) == 299
    for found, expected in zip(columns, RECORDS, strict=True):
        assert found['input_ids'].tolist() == expected['input_ids'].tolist()
        assert {**found, 'input_ids': 0} == {**expected, 'input_ids': 0}


def test_prepared_once(tmp_path, source):
    folder = tmp_path / 'new/columns'
    columns, findings = load_or_prepare(folder, source, lambda: ['2 x odd'])
    check(columns)
    again, old_findings = load_or_prepare(folder, source, lambda: pytest.fail('prepared again'))
    check(again)
    assert findings == old_findings == ['2 x odd'] and source.asked == 1
    assert os.listdir(folder.parent) == ['columns'], 'nothing is left aside'


def test_columns_are_mapped_and_travel_as_a_name(tmp_path, source):
    columns, _ = load_or_prepare(tmp_path / 'columns', source, list)
    sent = pickle.dumps(columns.take([7, 3]))
    assert len(sent) < 1000
    assert [record['line'] for record in pickle.loads(sent)] == [8, 4]
    assert str(tmp_path / 'columns') in Path('/proc/self/maps').read_text()


def damages():
    def flip(file: Path):
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)

    yield 'shorter', lambda file: os.truncate(file, file.stat().st_size - 1)
    yield 'empty', lambda file: os.truncate(file, 0)
    yield 'longer', lambda file: file.write_bytes(file.read_bytes() + b'\0')
    yield 'one bit', flip
    yield 'zeros', lambda file: file.write_bytes(bytes(file.stat().st_size))
    yield 'absent', lambda file: file.unlink()
    yield 'folder', lambda file: (file.unlink(), file.mkdir())


@pytest.mark.parametrize(('name', 'damage'), list(damages()))
def test_a_damaged_folder_is_prepared_anew(tmp_path, source, name, damage, logged):
    folder = tmp_path / 'columns'
    load_or_prepare(folder, source, list)
    files = sorted(file.name for file in folder.iterdir())
    assert files == ['0', '1', '2', '3', '4', '5', 'head']
    for count, file in enumerate(files, 2):
        if (folder / file).stat().st_size:              # unit_spans are empty
            damage(folder / file)
            check(load_or_prepare(folder, source, list)[0])
            assert source.asked >= count - 1
            check(map_folder(folder))
    assert source.asked == 1 + 6 and not logged


def test_other_things_in_the_place(tmp_path, source):
    (tmp_path / 'columns').mkdir()
    (tmp_path / 'columns/other').write_text('a')
    check(load_or_prepare(tmp_path / 'columns', source, list)[0])
    assert source.asked == 1


def test_a_place_that_cannot_be_written(tmp_path, source, logged):
    (tmp_path / 'file').write_text('not a folder')
    columns, findings = load_or_prepare(tmp_path / 'file/columns', source, lambda: ['odd'])
    check(columns)
    assert findings == ['odd'] and len(logged) == 1 and 'MMNER_CACHE' in logged[0] and '\n' not in logged[0]


def test_a_full_disk(tmp_path, source, logged, monkeypatch):
    def full(file):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(column_cache, 'checksum', full)
    check(load_or_prepare(tmp_path / 'columns', source, list)[0])
    assert 'No space left' in logged[0] and os.listdir(tmp_path) == []


def test_mistakes_in_the_corpus_leave_nothing(tmp_path):
    def records():
        yield RECORDS[0]
        raise InputError('a.json:2: wrong')

    with pytest.raises(InputError, match='a.json:2: wrong'):
        load_or_prepare(tmp_path / 'columns', records, list)
    assert os.listdir(tmp_path) == []


def test_several_at_once(tmp_path, logged):
    """All prepare at the same time, since each waits for the others before its second record."""
    barrier = Barrier(4, timeout=20)

    def records():
        yield RECORDS[0]
        barrier.wait()
        yield from RECORDS[1:]

    with ThreadPoolExecutor(4) as pool:
        found = [pool.submit(load_or_prepare, tmp_path / 'columns', records, list) for _ in range(4)]
    for future in found:
        check(future.result()[0])
    assert os.listdir(tmp_path) == ['columns'] and not logged


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / 'train.json').write_text('a')
    (tmp_path / 'vocab.txt').write_text('v')
    return tmp_path


def key(corpus, *, configs=(), components=()) -> str | None:
    return fingerprint([corpus / 'train.json'], [dict(tokenizer=dict(vocab=str(corpus / 'vocab.txt'))), *configs],
                       components)


def test_same_key_for_the_same(corpus, monkeypatch):
    first = key(corpus, configs=[dict(a=1, b=2)])
    assert first and key(corpus, configs=[dict(b=2, a=1)]) == first
    monkeypatch.chdir(corpus)
    assert fingerprint(['train.json'], [1], []) == fingerprint([corpus / 'train.json'], [1], [])


@pytest.mark.parametrize('change', [
    lambda corpus: (corpus / 'train.json').write_text('ab'),
    lambda corpus: os.utime(corpus / 'train.json', ns=(0, 1)),
    lambda corpus: os.utime(corpus / 'vocab.txt', ns=(0, 1)),
    lambda corpus: (corpus / 'vocab.txt').write_text('vw'),
])
def test_another_key_when_a_file_changes(corpus, change):
    first = key(corpus)
    change(corpus)
    assert key(corpus) != first


def test_another_key_for_another_config_version_or_code(corpus, monkeypatch, tmp_path):
    keys = [key(corpus), key(corpus, configs=[1]), key(corpus, configs=['1']), key(corpus, configs=[dict(strict=True)]),
            key(corpus, components=[column_cache.ExitStack()]), key(corpus, components=[Source()])]
    monkeypatch.setattr(column_cache, '__version__', '99')
    assert len({*keys, key(corpus)}) == 7


def test_another_key_when_a_file_of_a_component_changes(corpus):
    component = Source()
    component.files = [str(corpus / 'words.txt')]
    keys = [key(corpus, components=[component])]
    for content in ('a', 'ab'):
        (corpus / 'words.txt').write_text(content)
        keys.append(key(corpus, components=[component]))
    assert len(set(keys)) == 3 and keys[-1] == key(corpus, components=iter([component]))


def test_another_key_for_other_code_of_a_base_class(corpus, monkeypatch):
    (corpus / 'theirs.py').write_text('class Base: pass')
    monkeypatch.syspath_prepend(corpus)
    base = import_module('theirs').Base
    own = type('Own', (base,), dict(__module__=__name__))
    first = key(corpus, components=[own()])
    os.utime(corpus / 'theirs.py', ns=(0, 1))
    assert key(corpus, components=[own()]) != first
    in_notebook = type('Own', (), dict(__module__='no_file'))
    assert key(corpus, components=[in_notebook()]) is None


def test_another_key_for_other_code_of_ours(corpus, monkeypatch):
    monkeypatch.setattr(column_cache, 'ROOT', corpus)
    (corpus / 'tokenizers').mkdir()
    keys = [key(corpus)]
    for size in (1, 2):
        (corpus / 'tokenizers/base.py').write_text(size * '#')
        keys.append(key(corpus))
    assert len(set(keys)) == 3


def test_no_key_for_built_objects(corpus):
    assert key(corpus, configs=[dict(tokenizer=object())]) is None
