"""Training that stops, goes on, is repeated and is shared: real runs of the tools."""
import copy
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
import torch
from mmengine.config import Config

from mmner.cli.config import load_config
from mmner.engine import NERRunner
from mmner.models.weights import read_checkpoint, read_weights
from mmner.utils import InputError
from mmner.utils.work_dirs import latest_checkpoint
from tests.runs import ROOT, fork, forked_tool, run_script, tool, write_config

CATEGORIES = Config.fromfile(ROOT / 'configs/_base_/datasets/sample.py').categories


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A finished small run: (config, work dir, its output)."""
    folder = tmp_path_factory.mktemp('trained')
    config = write_config(folder)
    done = tool('train.py', config, '--work-dir', folder / 'run')
    assert done.returncode == 0, done.stderr
    return config, folder / 'run', done.stdout + done.stderr


def test_the_text_of_a_config_is_formatted_once(tmp_path):
    config = load_config(str(write_config(tmp_path)))
    config.work_dir = str(tmp_path / 'run')
    runner = NERRunner.from_cfg(config)
    assert runner.cfg.pretty_text is runner.cfg.pretty_text == config.pretty_text
    for changed in (copy.copy(runner.cfg), copy.deepcopy(runner.cfg), runner.cfg.copy()):
        changed.load_from = 'elsewhere.pth'
        assert "load_from = 'elsewhere.pth'" in changed.pretty_text


def test_runs_of_the_same_second_share_no_best_score_and_no_files(tmp_path, monkeypatch):
    config = load_config(str(write_config(tmp_path)))
    config.work_dir = str(tmp_path / 'run')
    monkeypatch.setattr(time, 'time', lambda: 0.0)
    first, second = NERRunner.from_cfg(config), NERRunner.from_cfg(config)
    assert len(list((tmp_path / 'run').glob('*/*.log'))) == 2
    assert first.visualizer is not second.visualizer and first.logger is not second.logger
    first.message_hub.update_info('best_score', 0.5)
    assert 'best_score' not in second.message_hub.runtime_info
    assert second.message_hub is second.message_hub.get_current_instance()      # where hooks and loggers look


def test_evaluation_over_several_datasets_is_refused_before_the_first_step(tmp_path):
    config = load_config(str(write_config(tmp_path)))
    config.work_dir = str(tmp_path / 'run')
    val, test = config.val_dataloader, config.test_dataloader
    val.dataset = dict(type='ConcatDataset', datasets=[val.dataset, val.dataset])
    test.dataset = dict(type='RepeatDataset', times=2, dataset=test.dataset)
    val.batch_sampler = test.batch_sampler = None                     # that of the config would refuse it
    runner = NERRunner.from_cfg(config)
    with pytest.raises(InputError, match=r'^val_dataloader.dataset is ConcatDataset; .* join the files$'):
        runner.train()
    with pytest.raises(InputError, match='^test_dataloader.dataset is RepeatDataset'):
        runner.test()
    config.val_dataloader.dataset = config.test_dataloader.dataset.dataset
    config.val_dataloader.drop_last = True
    with pytest.raises(InputError, match='^val_dataloader.drop_last leaves out the texts of the last batch'):
        NERRunner.from_cfg(config).train()
    assert not list((tmp_path / 'run').glob('*.pth'))


def test_a_training_behind_a_test_starts_from_the_weights_that_were_loaded(trained, tmp_path):
    config, work_dir, _ = trained
    config = load_config(str(config))
    config.merge_from_dict(dict(work_dir=str(tmp_path), load_from=str(work_dir / 'epoch_3.pth'), param_scheduler=[],
                                optim_wrapper=dict(optimizer=dict(lr=0.0)), train_cfg=dict(max_epochs=1)))
    runner = NERRunner.from_cfg(config)
    runner.test()
    runner.train()
    loaded, left = read_weights(work_dir / 'epoch_3.pth'), read_weights(tmp_path / 'epoch_1.pth')
    assert all(torch.equal(loaded[key], left[key]) for key in loaded)


def test_same_seed_same_weights(trained, tmp_path):
    config, work_dir, _ = trained
    assert forked_tool('train.py', config, '--work-dir', tmp_path).returncode == 0
    first, second = (read_weights(folder / 'epoch_3.pth') for folder in (work_dir, tmp_path))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_resumed_run_has_the_same_weights(trained, tmp_path):
    config, work_dir, _ = trained
    resumed = forked_tool('train.py', config, '--work-dir', tmp_path, '--resume', work_dir / 'epoch_1.pth')
    assert resumed.returncode == 0, resumed.stderr
    first, second = (read_weights(folder / 'epoch_3.pth') for folder in (work_dir, tmp_path))
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_a_resumed_run_shuffles_by_the_seed_that_it_had(trained, tmp_path):
    config = load_config(str(trained[0]))
    config.update(work_dir=str(tmp_path), resume=True, load_from=str(trained[1] / 'epoch_3.pth'))
    config.randomness = dict(seed=7)
    runner = NERRunner.from_cfg(config)
    runner.train()
    seed = Config.fromfile(ROOT / 'configs/_base_/default_runtime.py').randomness.seed
    assert runner.train_dataloader.batch_sampler.sampler.seed == runner.seed == seed != 7


def test_killed_run_goes_on_to_the_same_number_of_steps(trained, tmp_path):
    config, work_dir, _ = trained
    with fork(run_script, 'tools/train.py', str(config), '--work-dir', str(tmp_path), '--cfg-options',
              'train_cfg.max_epochs=200') as (run, *_):
        while latest_checkpoint(str(tmp_path)) is None:
            assert run.is_alive(), 'the run ended before it wrote a checkpoint'
            time.sleep(0.01)
        os.kill(run.pid, signal.SIGKILL)
        run.join()
    reached = read_checkpoint(latest_checkpoint(str(tmp_path)))['meta']['epoch']
    (tmp_path / 'epoch_999.pth.part').write_bytes(b'half of a checkpoint')      # what a kill while writing leaves
    last = reached + 2
    resumed = forked_tool('train.py', config, '--work-dir', tmp_path, '--resume', '--cfg-options',
                          f'train_cfg.max_epochs={last}')
    assert resumed.returncode == 0, resumed.stderr
    meta = read_checkpoint(tmp_path / f'epoch_{last}.pth')['meta']
    steps_an_epoch = read_checkpoint(work_dir / 'epoch_1.pth')['meta']['iter']
    assert (meta['epoch'], meta['iter']) == (last, last * steps_an_epoch)
    assert f'Epoch(train) [{reached}]' not in resumed.stdout, 'an epoch that was done is done again'


def test_resume_without_a_checkpoint_starts_from_the_beginning(trained, tmp_path):
    config, _, _ = trained
    done = forked_tool(
        'train.py', config, '--work-dir', tmp_path, '--resume', '--cfg-options', 'train_cfg.max_epochs=1')
    assert done.returncode == 0 and (tmp_path / 'epoch_1.pth').is_file()
    assert f'{tmp_path}: no checkpoint yet, the run begins' in done.stderr


@pytest.mark.parametrize(('cfg', 'finds'), [({'find_unused_parameters': True}, True), ({}, False)])
def test_ranks_without_a_gpu_find_unused_parameters_where_the_config_says_so(cfg, finds, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    config = load_config(str(write_config(tmp_path)))
    config.merge_from_dict(dict(cfg, work_dir=str(tmp_path / 'run')))
    runner = NERRunner.from_cfg(config)
    runner._distributed = True
    torch.distributed.init_process_group('gloo', f'file://{tmp_path}/store', rank=0, world_size=1)
    monkeypatch.setenv('LOCAL_RANK', '0')
    try:
        wrapped = runner.wrap_model(None, runner.model)
        assert wrapped.find_unused_parameters is finds and wrapped.device_ids is None
        with pytest.raises(InputError, match='^model_wrapper_cfg: MMFullyShardedDataParallel is not supported'):
            runner.wrap_model(dict(type='MMFullyShardedDataParallel'), runner.model)
    finally:
        torch.distributed.destroy_process_group()


def scores(output: str) -> list[str]:
    """The micro row of every table in a log."""
    return re.findall(r'\| all .*', output)


def test_two_processes_score_as_one(trained, tmp_path):
    """21 sentences on two ranks: the first has 11, the second 10; none is lost or counted twice."""
    config, work_dir, log = trained
    checkpoint = work_dir / 'epoch_3.pth'
    one = forked_tool('test.py', config, checkpoint, '--work-dir', tmp_path / 'one', '--dump', tmp_path / 'one.jsonl')
    two = subprocess.run(
        ['tools/dist_test.sh', config, checkpoint, '2', '--work-dir', tmp_path / 'two', '--dump',
         tmp_path / 'two.jsonl'],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
        env={**os.environ, 'PORT': '29611', 'OMP_NUM_THREADS': '1',
             'PATH': f'{os.path.dirname(sys.executable)}:{os.environ["PATH"]}'})
    assert one.returncode == two.returncode == 0, one.stderr + two.stderr
    assert not list((tmp_path / 'one').glob('*.py')), 'a config in a work dir is that of the weights in it'
    assert scores(one.stdout) == scores(two.stdout) == scores(log)[-1:]
    spans = [[[(entity['label'], entity['start'], entity['end']) for entity in json.loads(line)['entities']]
              for line in (tmp_path / file).read_text().splitlines()] for file in ('one.jsonl', 'two.jsonl')]
    assert spans[0] == spans[1] and len(spans[0]) == 21


def test_bfloat16_trains_and_tests(trained, tmp_path):
    config, _, _ = trained
    done = forked_tool('train.py', config, '--work-dir', tmp_path,
                       '--cfg-options', 'model.precision=bfloat16', 'train_cfg.max_epochs=1')
    assert done.returncode == 0, done.stderr
    losses = [float(loss) for loss in re.findall(r' loss: (\S+)', done.stdout)]
    assert len(losses) == 8 and losses[-1] < losses[0]
    weights = read_weights(tmp_path / 'epoch_1.pth')
    assert all(value.dtype == torch.float32 for value in weights.values())


def test_batches_by_tokens_and_accumulated(tmp_path):
    sampler = "dict(type='TokenBudgetBatchSampler', max_tokens=300)"
    config = write_config(
        tmp_path, optim_wrapper="dict(type='TokenWeightedOptimWrapper', accumulative_counts=2)",
        train_dataloader=f'dict(batch_size=60, batch_sampler={sampler}, dataset=dict(data_root={str(tmp_path)!r}))')
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / 'train.json').read_text(encoding='utf8').splitlines()
    batches = [0]                                           # tokens, filled with the longest first
    for length in sorted((len(json.loads(line)['text']) + 2 for line in lines), reverse=True):
        batches = [*batches[:-1], batches[-1] + length] if batches[-1] + length <= 300 else [*batches, length]
    losses = [float(loss) for loss in re.findall(r' loss: (\S+)', done.stdout)]
    assert len(losses) == 3 * len(batches) > 6 and losses[-1] < losses[0]


@pytest.mark.parametrize(('checkpoint', 'changes', 'message'), [
    ('epoch_2.pth', ['train_dataloader.batch_size=4'], 'epoch_2.pth: 16 steps in 2 epochs, but this config makes 15'),
    ('epoch_2.pth', ['param_scheduler.1.end=9', 'train_cfg.max_epochs=9'],
     'epoch_2.pth: its learning-rate schedules end at [8, 40], those of this config at [8, 72]'),
    ('epoch_2.pth', [f'model.decoder.tag_scheme.categories=[book,address,{",".join(CATEGORIES[2:])}]'],
     "epoch_2.pth: label 1 of its 21 is 'B-address', that of the config 'B-book'"),
    ('best_span_f1_epoch_*.pth', [], 'holds no optimizer, param_schedulers, so no run can go on from it'),
    ('iter_5.pth', [], 'iter_5.pth: 5 steps in 0 epochs, but this config makes 8')], ids=str)
def test_what_would_go_on_otherwise_is_refused(runs, tmp_path, checkpoint, changes, message):
    config, run = runs
    file, = run.glob(checkpoint)
    resumed = forked_tool('train.py', config, '--work-dir', tmp_path, '--resume', file,
                          *(['--cfg-options', *changes] if changes else []))
    assert resumed.returncode == 1
    assert message in resumed.stderr.splitlines()[-1]
    assert not [*tmp_path.glob('*.pth'), *tmp_path.glob('*.py')]


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
    """(config, work dir) of a run with a checkpoint of each kind."""
    folder = tmp_path_factory.mktemp('runs')
    config = write_config(folder, default_hooks="dict(checkpoint=dict(save_best='span/f1'))",
                          custom_hooks="[dict(type='CheckpointHook', by_epoch=False, interval=5)]")
    done = forked_tool('train.py', config, '--work-dir', folder / 'run')
    assert done.returncode == 0, done.stderr
    return config, folder / 'run'
