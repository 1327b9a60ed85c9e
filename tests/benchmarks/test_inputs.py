"""Benchmarks without what they read: one line that says which file, and what to do."""
import shutil

import pytest

from tests.runs import ROOT, forked, run_script

PREPARE = 'run python tools/dataset_converters/prepare_dataset.py cluener'
CORPUS = ('data/cluener/train.json', 'data/cluener/dev.json')
VOCAB = 'checkpoints/bert-base-chinese/vocab.txt'


@pytest.fixture
def clone(tmp_path):
    """A checkout in which nothing was prepared."""
    shutil.copytree(ROOT / 'benchmarks', tmp_path / 'clone/benchmarks', ignore=shutil.ignore_patterns('results'))
    (tmp_path / 'clone/mmner').symlink_to(ROOT / 'mmner')
    return tmp_path / 'clone'


@pytest.mark.parametrize('command, present, message', [
    ('speed.py', (), f'{CORPUS[0]}: no such file or folder; {PREPARE}'),
    ('speed.py', CORPUS, f'{VOCAB}: no such file or folder; give a BERT vocab.txt by --vocab'),
    ('startup.py', (), f'{CORPUS[1]}: no such file or folder; {PREPARE}'),
    ('startup.py', CORPUS, f'{VOCAB}: no such file or folder; give a BERT vocab.txt by --vocab'),
    ('data.py --out data.json', (), f'{CORPUS[0]}: no such file or folder; {PREPARE}'),
    ('data.py --out data.json --vocab other.txt', (*CORPUS, VOCAB), 'error: other.txt: no such file or folder;'),
    ('data.py --out data.json', (*CORPUS, VOCAB), 'e5-small/sentencepiece.model: no such file or folder; run python'),
    ('growth.py', (), f'{CORPUS[0]}: no such file or folder; {PREPARE}'),
    ('annotation_tools.py', (), f'{CORPUS[0]}: no such file or folder; {PREPARE}'),
    ('load.py work_dirs/none', (), 'error: work_dirs/none: no such model'),
    ('tag_choice.py none.py none.pth --out out.json', (), 'none.py: no such config'),
])
def test_a_missing_file_is_one_line(clone, command, present, message):
    for name in present:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).touch()
    name, *options = command.split()
    done = forked(run_script, f'{clone}/benchmarks/{name}', *options, folder=clone)
    assert done.returncode == 1
    assert message in done.stderr and done.stderr.count('\n') == 1
    assert not list(clone.glob('*.json'))
