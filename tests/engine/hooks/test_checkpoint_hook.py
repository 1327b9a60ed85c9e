import json
import resource

import torch

from mmner.models.weights import read_checkpoint, read_weights
from tests.runs import forked, forked_tool, run_script, write_config

KEEP_ONE = "dict(checkpoint=dict(max_keep_ckpts=1, save_best='auto'))"
# The first step is of a rate of 1, the second leaves infinite weights behind a finite loss.
DIVERGE = ('optim_wrapper.optimizer.lr=1e42', 'param_scheduler.0.start_factor=1e-42', 'optim_wrapper.clip_grad=None')


def test_old_ones_go_when_the_new_ones_are_there(tmp_path):
    done = forked_tool('train.py', write_config(tmp_path, default_hooks=KEEP_ONE), '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stderr
    scores = [line['span/f1'] for file in (tmp_path / 'run').glob('*/vis_data/scalars.json')
              for line in map(json.loads, file.read_text().splitlines()) if 'span/f1' in line]
    best = scores.index(max(scores)) + 1
    assert {file.name for file in (tmp_path / 'run').glob('*.pth')} == {f'best_span_f1_epoch_{best}.pth', 'epoch_3.pth'}


def test_a_new_run_puts_the_best_of_an_earlier_one_aside(tmp_path):
    """A run that goes on does not, nor do weights leave that are not of a run."""
    run = tmp_path / 'run'
    run.mkdir()
    for name in ('best_span_f1_epoch_1.pth', 'best_span_f1_epoch_9.pth', 'best_model.pth'):
        (run / name).write_bytes(b'old')
    config = write_config(tmp_path, default_hooks=KEEP_ONE, train_cfg='dict(max_epochs=1)')
    done = forked_tool('train.py', config, '--work-dir', run)
    assert done.returncode == 0 and f'{run}/best_span_f1_epoch_9.pth, the best checkpoint of an earlier' in done.stdout
    assert {file.name for file in run.glob('best_*')} == {
        'best_span_f1_epoch_1.pth', 'best_span_f1_epoch_1.pth.old', 'best_span_f1_epoch_9.pth.old', 'best_model.pth'}
    assert read_weights(run / 'best_span_f1_epoch_1.pth')
    (run / 'best_span_f1_epoch_9.pth').write_bytes(b'old')
    done = forked_tool('train.py', config, '--work-dir', run, '--resume', '--cfg-options', 'train_cfg.max_epochs=2')
    assert done.returncode == 0 and (run / 'best_span_f1_epoch_9.pth').is_file()


def test_weights_that_diverge_cost_no_checkpoint(tmp_path):
    config = write_config(tmp_path, default_hooks='dict(checkpoint=dict(by_epoch=False, max_keep_ckpts=1))')
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run', '--cfg-options', *DIVERGE)
    assert done.returncode == 1 and 'is no longer finite' in done.stderr
    saved, = (tmp_path / 'run').glob('*.pth*')
    assert saved.name == 'iter_1.pth' and all(weight.isfinite().all() for weight in read_weights(saved).values())


def run_limited(config: str, work_dir: str) -> None:
    """Go on with a run on a disk that takes no more than 100 kB in a file."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    run_script('tools/train.py', config, '--work-dir', work_dir, '--resume', '--cfg-options', 'train_cfg.max_epochs=4')


def test_a_disk_that_refuses_costs_no_checkpoint(tmp_path):
    run = tmp_path / 'run'
    config = write_config(tmp_path, default_hooks='dict(checkpoint=dict(max_keep_ckpts=1))')
    assert forked_tool('train.py', config, '--work-dir', run).returncode == 0
    done = forked(run_limited, str(config), str(run))
    assert done.returncode == 1
    line, = (line for line in done.stderr.splitlines() if line.startswith('error: '))
    assert line.startswith(f'error: {run}/epoch_4.pth: cannot be written (') and '--resume' in line
    saved, = run.glob('*.pth*')
    assert saved.name == 'epoch_3.pth' and read_weights(saved)


def test_published_keys(tmp_path):
    hooks = "dict(checkpoint=dict(published_keys=['meta', 'state_dict']))"
    done = forked_tool('train.py', write_config(tmp_path, default_hooks=hooks), '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stderr
    published, = (tmp_path / 'run').glob('epoch_3-????????.pth')
    assert read_checkpoint(published).keys() == {'meta', 'state_dict'}


def test_a_file_that_is_written_again_stays(tmp_path):
    hooks = "dict(checkpoint=dict(max_keep_ckpts=1, filename_tmpl='last.pth'))"
    done = forked_tool('train.py', write_config(tmp_path, default_hooks=hooks), '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stderr
    assert [file.name for file in (tmp_path / 'run').glob('*.pth')] == ['last.pth']


def test_a_run_that_goes_on_elsewhere_leaves_the_first_its_best(tmp_path):
    config, first, second = write_config(tmp_path, default_hooks=KEEP_ONE), tmp_path / 'first', tmp_path / 'second'
    assert forked_tool('train.py', config, '--work-dir', first).returncode == 0
    best, = first.glob('best_*.pth')
    checkpoint = read_checkpoint(first / 'epoch_3.pth')
    checkpoint['message_hub']['runtime_info'].update(best_score=-1.0, best_ckpt=str(best))
    torch.save(checkpoint, tmp_path / 'start.pth')
    done = forked_tool('train.py', config, '--work-dir', second, '--resume', tmp_path / 'start.pth',
                       '--cfg-options', 'train_cfg.max_epochs=4')
    assert done.returncode == 0, done.stderr
    assert best.is_file() and [file.name for file in second.glob('best_*.pth')] == ['best_span_f1_epoch_4.pth']
