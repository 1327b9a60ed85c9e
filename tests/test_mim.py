"""What an installed mmner holds, and what finds it there: mim, mmengine and mmner itself."""
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.runs import ROOT

SAMPLE = 'bert-tiny_softmax_sample_5e'


@pytest.fixture(scope='module')
def installed(tmp_path_factory) -> Path:
    """The folder of the package as pip unpacks its wheel; the wheel is built from a copy that has been used."""
    folder = tmp_path_factory.mktemp('wheel')
    source = folder / 'source'
    for name in ('mmner', 'configs', 'tools'):
        shutil.copytree(ROOT / name, source / name, symlinks=True)
    for file in (*ROOT.glob('requirements*.txt'), *(ROOT / name for name in (
            'setup.py', 'MANIFEST.in', 'README.md', 'model-index.yml'))):
        shutil.copy(file, source)
    (source / 'tools/__pycache__').mkdir(exist_ok=True)
    (source / 'tools/__pycache__/train.cpython-311.pyc').touch()
    subprocess.run([sys.executable, '-m', 'pip', 'wheel', '--quiet', '--no-deps', '--no-build-isolation', source],
                   cwd=folder, check=True, timeout=100)
    wheel, = folder.glob('mmner-*.whl')
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / 'site')
    return folder / 'site/mmner'


def files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob('*')
            if file.is_file() and '__pycache__' not in file.parts}


def test_the_wheel_has_every_file(installed):
    for name in ('configs', 'tools'):
        assert files(installed / '.mim' / name) == files(ROOT / name)
    assert (installed / '.mim/model-index.yml').read_bytes() == (ROOT / 'model-index.yml').read_bytes()
    of_package = {file for file in files(installed) if not file.startswith('.mim/')}
    assert of_package == files(ROOT / 'mmner') - {'.mim/model-index.yml'}
    assert not list(installed.rglob('*.pyc'))


def test_mmengine_finds_configs_and_their_metafile(installed):
    """The look-up of `get_config`, whose entrance is open to OpenMMLab's own packages alone."""
    from mmengine.config.utils import _get_cfg_metainfo, _get_external_cfg_base_path
    assert _get_cfg_metainfo(str(installed), f'bert_softmax/{SAMPLE}.py')['Name'] == SAMPLE
    assert Path(_get_external_cfg_base_path(str(installed), '_base_/default_runtime.py')).is_file()


def test_a_config_by_name_reads_the_sample_corpus_of_the_package(installed, tmp_path):
    script = ('from mmner.cli.config import load_config; from mmner.registry import DATASETS\n'
              f'config = load_config({SAMPLE!r}, {{"train_cfg.max_epochs": 1}})\n'
              'config.train_dataloader.dataset._scope_ = "mmner"\n'
              'print(config.filename, len(DATASETS.build(config.train_dataloader.dataset)), sep="\\n")')
    done = subprocess.run([sys.executable, '-c', script], cwd=tmp_path, capture_output=True, text=True,
                          env=dict(PYTHONPATH=str(installed.parent)))
    assert done.returncode == 0, done.stderr
    file, count = done.stdout.split('\n')[-3:-1]
    assert Path(file).is_relative_to(installed) and count == '3300'


@pytest.mark.parametrize('tool', ['train', 'test', 'predict', 'serve', 'export'])
def test_tools_run_as_mim_runs_them(installed, tmp_path, tool):
    done = subprocess.run([sys.executable, installed / f'.mim/tools/{tool}.py', '--help'], cwd=tmp_path,
                          capture_output=True, text=True, env=dict(PYTHONPATH=str(installed.parent)))
    assert done.returncode == 0 and f'usage: python tools/{tool}.py' in done.stdout
