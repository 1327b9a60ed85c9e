"""What docs/own_parts.md shows, as it stands there."""
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mmner.registry
from mmner.datasets import NERDataset
from mmner.datasets.readers import TextReader
from mmner.datasets.transforms.base import BaseTransform
from mmner.registry import DATASETS
from mmner.structures import Entity
from mmner.utils import InputError
from mmner.utils.config import building, read_config
from tests.runs import ROOT

PAGE = (ROOT / 'docs/own_parts.md').read_text(encoding='utf8')
TEXTS, PARTS, CONFIG, COMMAND, FROM_PYTHON = re.findall(r'^```(?:python)?\n(.+?)^```', PAGE, re.M | re.S)


@pytest.fixture
def folder(tmp_path):
    for name, content in (('texts.txt', TEXTS), ('my_parts.py', PARTS), ('my_config.py', CONFIG)):
        (tmp_path / name).write_text(content, encoding='utf8')
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    return tmp_path


def test_the_command_trains_on_what_the_reader_reads(folder):
    programs = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'
    done = subprocess.run(COMMAND, shell=True, cwd=folder, env=os.environ | dict(PATH=programs), capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    gold = dict(re.findall(r'^\| (\w+) .* (\d+) \|$', done.stdout, re.M))
    assert {label: count for label, count in gold.items() if count != '0'} == dict(name='1', organization='1', all='2')
    assert (folder / 'work_dirs/my_config/epoch_5.pth').is_file()


def test_brackets_that_mark_nothing_are_text(folder, monkeypatch):
    monkeypatch.syspath_prepend(folder)
    parts = PARTS.replace('BracketReader', 'BracketsReader')
    (folder / 'brackets.py').write_text(parts, encoding='utf8')
    (folder / 'texts.txt').write_text('数组[1]是[王伟](name)。\n他说[笑]了(好)。\n[北京](a)[人](b)\n', encoding='utf8')
    records = list(import_module('brackets').BracketsReader()(str(folder / 'texts.txt')))
    assert [(record['text'], record['entities']) for record in records] == [
        ('数组[1]是王伟。', [Entity('name', 6, 8)]), ('他说[笑]了(好)。', []),
        ('北京人', [Entity('a', 0, 2), Entity('b', 2, 3)])]


def test_training_from_python(folder):
    done = subprocess.run([sys.executable, '-c', FROM_PYTHON], cwd=folder, capture_output=True, text=True,
                          env=os.environ | dict(PYTHONPATH=str(ROOT)))
    assert done.returncode == 0, done.stderr
    assert (folder / 'work_dirs/from_python/epoch_2.pth').is_file()
    assert 0 <= float(done.stdout.splitlines()[-1]) <= 1


@pytest.mark.parametrize(('part', 'reason'), [
    (None, "ModuleNotFoundError: No module named 'broken_parts'"),
    ('import absent', "ModuleNotFoundError: No module named 'absent'"),
    ('READERS', "NameError: name 'READERS' is not defined")], ids=str)
def test_a_module_that_cannot_be_imported_is_told_in_one_line(folder, monkeypatch, part, reason):
    if part:
        (folder / 'broken_parts.py').write_text(part)
        monkeypatch.syspath_prepend(folder)
    config = folder / 'my_config.py'
    config.write_text(CONFIG.replace('my_parts', 'broken_parts'))
    with pytest.raises(InputError) as caught:
        read_config(str(config))
    assert str(caught.value).startswith(f'{config}: custom_imports fails ({reason}); correct the module, or ')
    assert '\n' not in str(caught.value)


def test_a_mistake_in_a_part_is_told_with_its_line(folder, monkeypatch):
    slip = "yield dict(text=dict()['text'], "
    parts = PARTS.replace('BracketReader', 'SlipReader').replace('yield dict(text=text, ', slip)
    (folder / 'slips.py').write_text(parts, encoding='utf8')
    monkeypatch.syspath_prepend(folder)
    (folder / 'my_config.py').write_text(CONFIG.replace('my_parts', 'slips').replace('BracketReader', 'SlipReader'))
    config = read_config(str(folder / 'my_config.py'))
    with pytest.raises(InputError) as caught, building(config, 'my_config.py'):
        DATASETS.build(dict(config.train_dataloader.dataset, data_root=str(folder)))
    line = parts[:parts.index(slip)].count('\n') + 1
    assert str(caught.value) == (
        f'{folder}/slips.py:{line}: KeyError: text, while the parts of my_config.py were built; correct it there or in '
        'the config, MMNER_TRACEBACK=1 shows how it came to this')


def test_the_methods_are_those_that_the_base_classes_leave_open():
    known = {name: getattr(import_module(file.replace('/', '.')), name)
             for name, file in re.findall(r'\[`(\w+)`\]\(\.\./(\S+)\.py\)', PAGE)}
    rows = [re.findall(r'`(\w+)`', line) for line in PAGE.splitlines() if line.startswith('| ')][1:]
    assert len(rows) == 7
    for base, *methods, registry, part in rows:
        assert known[base].__abstractmethods__ == set(methods), base
        assert issubclass(known[part], known[base]) and getattr(mmner.registry, registry).get(part) is known[part]


class NothingGiven(TextReader):
    def __call__(self, file):
        list(super().__call__(file))


class Unprepared(TextReader):
    def __init__(self):
        pass


class Forgetful(BaseTransform):
    def __init__(self, once: bool):
        self.once = once

    def transform(self, results):
        results['seen'] = True


def texts(folder, reader=TextReader, **arguments) -> NERDataset:
    return NERDataset(str(folder / 'texts.txt'), reader=dict(type=reader), categories=[], **arguments)


def test_a_reader_of_ones_own_is_not_trusted(folder):
    with pytest.raises(InputError, match='texts.txt: NothingGiven gives None; its __call__ must yield the records'):
        texts(folder, NothingGiven)
    with pytest.raises(InputError, match=r'^Unprepared has no report; call super\(\).__init__\(\) in its __init__'):
        texts(folder, Unprepared)


def test_a_transform_that_forgets_to_return(folder):
    message = '^Forgetful gives None; its `transform` must return the record'
    with pytest.raises(InputError, match=message):
        texts(folder, pipeline=[Forgetful(once=True)])
    data = texts(folder, pipeline=[Forgetful(once=False)])
    for ask in (lambda: data[0], lambda: data.__getitems__([0])):
        with pytest.raises(InputError, match=message):
            ask()
