from types import SimpleNamespace

import pytest
import torch

from mmner.engine.hooks import FiniteLossHook
from mmner.utils import InputError
from tests.runs import forked_tool, write_config


def test_a_training_ends_where_its_loss_does(tmp_path):
    """A learning rate with which float32 overflows; nothing is written of such weights."""
    done = forked_tool('train.py', write_config(tmp_path), '--work-dir', tmp_path / 'run', '--cfg-options',
                       'optim_wrapper.optimizer.lr=1e38', 'optim_wrapper.clip_grad=None')
    assert done.returncode == 1
    line, = (line for line in done.stderr.splitlines() if line.startswith('error: '))
    assert line.startswith('error: the loss is ') and f'checkpoints in {tmp_path}/run are from before' in line
    assert not list((tmp_path / 'run').glob('*.pth'))


def test_no_weights_are_saved_that_are_not_finite(tmp_path):
    """The step behind a finite loss leaves infinite ones."""
    config = write_config(tmp_path, default_hooks='dict(checkpoint=dict(by_epoch=False))')
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run', '--cfg-options',
                       'optim_wrapper.optimizer.lr=1e42', 'optim_wrapper.clip_grad=None')
    assert done.returncode == 1 and 'is no longer finite, which no further step mends' in done.stderr
    assert not list((tmp_path / 'run').glob('*.pth'))


def test_it_looks_at_every_step():
    runner = SimpleNamespace(iter=8, work_dir='run')
    hook = FiniteLossHook()
    hook.after_train_iter(runner, 8, outputs=dict(loss=torch.tensor(1.0)))
    with pytest.raises(InputError, match='the loss is nan in iteration 9,'):
        hook.after_train_iter(runner, 8, outputs=dict(loss=torch.tensor(torch.nan)))
