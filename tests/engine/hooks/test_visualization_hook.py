import json
import os
import re
import subprocess
import sys
from html import unescape
from types import SimpleNamespace

import pytest
from mmengine.visualization import Visualizer

from mmner.engine.hooks import NERVisualizationHook
from mmner.models.weights import read_checkpoint
from mmner.structures import NERDataSample
from mmner.utils import InputError
from mmner.visualization.visualizer import NERVisualizer
from tests.runs import ROOT, forked_tool, write_config


def runner_of(visualizer, by_epoch: bool):
    return SimpleNamespace(visualizer=visualizer, epoch=3, iter=700, log_processor=SimpleNamespace(by_epoch=by_epoch))


@pytest.mark.parametrize('by_epoch, expected', [(True, ('val_epoch', 3)), (False, ('val_iter', 700))])
def test_the_same_samples_every_time_in_their_order(by_epoch, expected):
    shown = []
    runner = runner_of(SimpleNamespace(add_datasamples=lambda *arguments: shown.append(arguments)), by_epoch)
    hook = NERVisualizationHook(interval=2, max_samples=3)
    for order in ([7, 0, 4, 1], [6, 2, 3, 5]), ([2, 0, 1, 7], [4, 6, 5, 3]):
        hook.before_val_epoch(runner)
        for batch in order:
            hook.after_val_iter(runner, 0, outputs=[NERDataSample(index=index, text='a') for index in batch])
        hook.after_val_epoch(runner)
    assert [([sample.index for sample in samples], (name, step)) for name, samples, step in shown] == [
        ([0, 2, 4], expected)] * 2


def test_another_visualizer_is_refused_before_the_run():
    NERVisualizationHook().before_run(runner_of(NERVisualizer('hook'), True))
    with pytest.raises(InputError, match="cannot use the visualizer Visualizer; set visualizer=dict"):
        NERVisualizationHook().before_run(runner_of(Visualizer('hook'), True))


@pytest.mark.parametrize('arguments', [dict(interval=0), dict(max_samples=0)])
def test_arguments_are_checked(arguments):
    with pytest.raises(InputError, match='both are at least 1'):
        NERVisualizationHook(**arguments)


@pytest.fixture
def config(tmp_path):
    """A run that shows the samples 0, 5, 10 and 15."""
    return write_config(tmp_path, visualizer="dict(type='NERVisualizer')",
                        custom_hooks="[dict(type='NERVisualizationHook', interval=5, max_samples=4)]")


def assert_pages(folder, names: list[str]) -> None:
    """The pages of the run in a folder, all of them, and the four samples in their order on the last."""
    pages = sorted((folder / 'run').glob('*/vis_data/*.html'))
    assert [page.name for page in pages] == names
    texts = [json.loads(line)['text'] for line in (folder / 'dev.json').read_text(encoding='utf8').splitlines()]
    page = pages[-1].read_text(encoding='utf8')
    items = re.findall(r'<li>(.*)</li>', re.sub(r'<bdi>.*?</bdi>', '', page))
    assert [unescape(re.sub('<[^>]+>', '', item)) for item in items] == [texts[index] for index in (0, 5, 10, 15)]
    assert 'missed' in page


def test_a_real_run_leaves_a_page_for_every_epoch(config, tmp_path):
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run', '--cfg-options', 'train_cfg.max_epochs=2')
    assert done.returncode == 0, done.stderr
    assert_pages(tmp_path, ['val_epoch_1.html', 'val_epoch_2.html'])


def test_two_processes_train_together_and_share_a_page(config, tmp_path):
    """In validation the second process has the samples of odd numbers; the first writes."""
    done = subprocess.run(
        ['tools/dist_train.sh', config, '2', '--work-dir', tmp_path / 'run', '--cfg-options', 'train_cfg.max_epochs=1'],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
        env={**os.environ, 'PORT': '29613', 'OMP_NUM_THREADS': '1',
             'PATH': f'{os.path.dirname(sys.executable)}:{os.environ["PATH"]}'})
    assert done.returncode == 0, done.stderr
    meta = read_checkpoint(tmp_path / 'run/epoch_1.pth')['meta']
    assert meta['iter'] == 4, 'half of 60 sentences for each process, 8 in a batch'
    assert_pages(tmp_path, ['val_epoch_1.html'])
