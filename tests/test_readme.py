"""The commands of the README, run."""
import re
import shutil
import subprocess
import sys

import pytest

from mmner.cli.config import load_config
from mmner.cli.main import COMMANDS
from mmner.registry import DATASETS, MODELS, READERS, TAG_SCHEMES, TOKENIZERS, WRITERS
from tests.runs import ROOT, forked_tool, tool


def commands() -> list[str]:
    """The lines of the README's plain code blocks, without their comments."""
    blocks = re.findall(r'^```(\w*)\n(.*?)^```', (ROOT / 'README.md').read_text(encoding='utf8'), re.M | re.S)
    return [line.split('#')[0].strip() for language, block in blocks if not language
            for line in block.strip().splitlines()]


def test_every_command_names_real_files_and_options():
    assert commands()[:2] == ['make demo', 'make test']
    for command in commands()[2:]:
        program, name, *arguments = command.split()
        assert name in COMMANDS if program == 'mmner' else program == 'python' and (ROOT / name).is_file()
        start = ['-m', 'mmner.cli.main', name] if program == 'mmner' else [name]
        known = subprocess.run([sys.executable, *start, '--help'], cwd=ROOT, capture_output=True, text=True).stdout
        assert all(option in known for option in arguments if option.startswith('--')), command
        assert all((ROOT / argument).is_file() for argument in arguments if argument.startswith('configs/')), command


def test_programs_named_in_the_text_exist():
    pages = [ROOT / 'README.md', *(ROOT / 'docs').glob('*.md')]
    named = [program for page in pages for program in re.findall(r'`python (\S+\.py)', page.read_text(encoding='utf8'))]
    assert len(named) >= 3
    assert all((ROOT / program).is_file() for program in named), named


def test_commands_named_in_the_pages_exist():
    pages = [ROOT / 'README.md', *(ROOT / 'docs').glob('*.md'), *(ROOT / 'configs').rglob('README.md')]
    named = {command for page in pages
             for command in re.findall(r'(?:^|`)mmner (\w+)', page.read_text(encoding='utf8'), re.M)}
    assert named <= COMMANDS.keys() and len(named) >= 8


def test_the_parts_of_a_config_are_all_named():
    page = ''.join((ROOT / name).read_text(encoding='utf8') for name in ('README.md', 'docs/formats.md'))
    for registry in (MODELS, TAG_SCHEMES, TOKENIZERS, READERS, WRITERS):
        registry.import_from_location()
        names = {name for name, part in registry.module_dict.items() if part.__module__.startswith('mmner')}
        assert not [name for name in names if f'`{name}`' not in page], registry.name


def test_the_config_of_the_page_reads_every_part(tmp_path):
    """With the words and the sentences of the sample corpus in place of BERT-base's vocabulary and of CLUENER."""
    page = (ROOT / 'README.md').read_text(encoding='utf8')
    config, = re.findall(r'^```python\n(_base_ = .*?)^```', page, re.M | re.S)
    sample = ROOT / 'mmner/datasets/sample'
    file = tmp_path / 'page.py'
    file.write_text(config.replace('../_base_', str(ROOT / 'configs/_base_'))
                    .replace('checkpoints/bert-base-chinese/vocab.txt', str(sample / 'vocab.txt')))
    config = load_config(str(file))
    for part in ('train', 'val', 'test'):
        dataset = DATASETS.build(config[f'{part}_dataloader'].dataset | dict(data_root=str(sample)))
        assert dataset[0]['data_samples'].entities
    decoder = MODELS.build(config.model.decoder)
    assert decoder.categories == tuple(dataset.metainfo['categories'])


def test_demo(tmp_path):
    """`make demo` in this environment: F1 of 0.95 on the sample corpus, and sentences with their entities."""
    if shutil.which('make') is None:
        pytest.skip('make is not installed')
    done = subprocess.run(['make', 'demo', f'VENV={sys.prefix}', f'DEMO={tmp_path}', '-o', f'{sys.prefix}/installed'],
                          cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    tables = re.findall(r'\| all .*', done.stdout)
    assert len(tables) == 6 and tables[-1] == tables[-2], 'five epochs, then the test of the last'
    assert float(tables[-1].split('|')[4]) >= 0.95
    shown = done.stdout.strip().splitlines()[-6:]
    assert sum(bool(re.search(r'\[[^\]]+\][a-z]+', line)) for line in shown) >= 4
    predicted = tool('predict.py', tmp_path, '王伟在北京大学读书。')
    assert predicted.stdout == '[王伟]name在[北京大学]organization读书。\n', predicted.stderr


def test_preparer_runs_with_an_archive_of_the_real_files(shared, tmp_path):
    archive = shutil.make_archive(str(tmp_path / 'cluener'), 'zip', shared / 'data/cluener')
    done = forked_tool(
        'dataset_converters/prepare_dataset.py', 'cluener', '--archive', archive, '--out', tmp_path / 'out')
    assert done.returncode == 1 and 'test.json' in done.stderr, 'our copy lacks the official test set'
