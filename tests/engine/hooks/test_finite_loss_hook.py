from types import SimpleNamespace

import pytest
import torch

from mmner.engine.hooks import FiniteLossHook
from mmner.models.weights import read_weights
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
    config = write_config(tmp_path, default_hooks='dict(checkpoint=dict(by_epoch=False))')
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run', '--cfg-options',
                       'optim_wrapper.optimizer.lr=1e38', 'optim_wrapper.clip_grad=None')
    assert done.returncode == 1 and 'is no longer finite, which no further step mends' in done.stderr
    saved, = (tmp_path / 'run').glob('*.pth')
    assert saved.name == 'iter_1.pth' and all(weight.isfinite().all() for weight in read_weights(saved).values())


@pytest.mark.parametrize(('iteration', 'batch', 'looks'), [(8, 8, False), (9, 9, True), (6, 6, False), (19, 3, True),
                                                           (23, 4, True), (29, 0, True)])
def test_when_it_looks(iteration, batch, looks):
    """Each tenth iteration, at the end of an epoch of five batches, and in the last of 30."""
    runner = SimpleNamespace(iter=iteration, max_iters=30, work_dir='run', train_dataloader=range(5))
    hook, outputs = FiniteLossHook(interval=10), dict(loss=torch.tensor(torch.nan))
    if not looks:
        hook.after_train_iter(runner, batch, outputs=outputs)
        return
    with pytest.raises(InputError, match=f'the loss is nan in iteration {iteration + 1},'):
        hook.after_train_iter(runner, batch, outputs=outputs)
    hook.after_train_iter(runner, batch, outputs=dict(loss=torch.tensor(1.0)))
