"""What mmengine offers and NERRunner makes safe, or refuses."""
import numpy as np
import pytest
import torch
from mmengine.hooks import Hook

from mmner.cli.config import load_config
from mmner.engine import NERRunner
from mmner.utils import InputError
from tests.runs import forked_tool, write_config


class FreezeEmbeddings(Hook):
    """Also keeps the weights that training starts from."""

    def before_train(self, runner) -> None:
        runner.model.encoder.embeddings.requires_grad_(False)
        self.weights = {name: weight.clone() for name, weight in runner.model.named_parameters()}


class FirstDraws(Hook):
    """Keeps what the first batch of each epoch drew."""

    def __init__(self):
        self.seen: list[list[int]] = []

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        if batch_idx == 0:
            self.seen.append(data_batch.unit_ids.tolist())


def runner_of(folder, **changes) -> NERRunner:
    config = load_config(str(write_config(folder)))
    config.merge_from_dict(dict(work_dir=str(folder / 'run'), train_cfg=dict(max_epochs=1)) | changes)
    return NERRunner.from_cfg(config)


class DrawIds:
    """A transform that draws at each access; the ids of the units show what."""

    def __call__(self, record: dict) -> dict:
        record['inputs']['unit_ids'] = np.random.randint(2 ** 20, size=len(record['inputs']['unit_ids']))
        return record


def draws_of(folder, num_workers: int) -> list[list[int]]:
    """What the first batch of each of three epochs draws, in a run that trains nothing."""
    folder.mkdir()
    runner = runner_of(folder, train_cfg=dict(max_epochs=3), train_dataloader=dict(
        num_workers=num_workers, batch_sampler=None, sampler=dict(shuffle=False)))
    draws = FirstDraws()
    runner.register_hook(draws)
    runner.train_dataloader.dataset.pipeline.transforms.append(DrawIds())
    runner.train_loop.run_iter = lambda batch_idx, data_batch: runner.call_hook(
        'before_train_iter', batch_idx=batch_idx, data_batch=data_batch)
    runner.train()
    return draws.seen


@pytest.mark.parametrize('num_workers', [0, 1])
def test_each_epoch_draws_anew_and_the_same_again(tmp_path, num_workers):
    """In mmengine the workers of every epoch have the seed of the run."""
    first, again = (draws_of(tmp_path / name, num_workers) for name in ('first', 'again'))
    assert first == again and len(first) == 3
    assert len({tuple(epoch) for epoch in first}) == 3


def test_a_dataloader_without_a_seed(tmp_path):
    """As tools build one that only reads."""
    config = load_config(str(write_config(tmp_path)))
    loader = runner_of(tmp_path).build_dataloader(config.test_dataloader | dict(num_workers=1))
    assert sum(len(batch.samples) for batch in loader) == 21


def test_behind_frozen_embeddings_layers_learn_with_activation_checkpointing(tmp_path):
    runner = runner_of(tmp_path, activation_checkpointing=['encoder.layers.0', 'encoder.layers.1'])
    hook = FreezeEmbeddings()
    runner.register_hook(hook)
    runner.train()
    stayed = {name for name, weight in runner.model.named_parameters() if torch.equal(weight, hook.weights[name])}
    assert stayed == {f'encoder.embeddings.{name}.weight' for name in ('word', 'position', 'token_type')} | {
        f'encoder.embeddings.norm.{name}' for name in ('weight', 'bias')}


def test_several_training_files(tmp_path):
    config = load_config(str(write_config(tmp_path)))
    twice = dict(type='RepeatDataset', times=2, dataset=config.val_dataloader.dataset)
    runner = runner_of(tmp_path, train_dataloader=dict(dataset=dict(
        _delete_=True, type='ConcatDataset', datasets=[config.train_dataloader.dataset, twice])))
    runner.train()
    assert runner.iter == -(-(60 + 2 * 21) // 8)
    batches = list(runner.train_dataloader.batch_sampler)
    assert sorted(sum(batches, [])) == list(range(102))
    sizes = [[len(runner.train_dataloader.dataset[index]['data_samples'].text) for index in batch] for batch in batches]
    assert all(size == sorted(size, reverse=True) for size in sizes)


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(train_dataloader=dict(batch_sampler=dict(_delete_=True, type='TokenBudgetBatchSampler', max_tokens=300))),
     'batches of TokenBudgetBatchSampler hold now more, now fewer'),
    (dict(optim_wrapper=dict(accumulative_counts=2)), 'with accumulative_counts=2 a step holds more')], ids=str)
def test_steps_by_which_auto_scale_lr_would_scale_wrongly(tmp_path, changes, message):
    runner = runner_of(tmp_path, auto_scale_lr=dict(enable=True, base_batch_size=16), **changes)
    with pytest.raises(InputError, match=f'auto_scale_lr takes each step for one of batch_size texts, but {message}'):
        runner.train()


def test_auto_scale_lr(tmp_path):
    rates = []
    for enable in (False, True):
        runner = runner_of(tmp_path, auto_scale_lr=dict(enable=enable, base_batch_size=16), param_scheduler=[])
        runner.train()
        rates.append([group['lr'] for group in runner.optim_wrapper.optimizer.param_groups])
    assert rates[1] == pytest.approx([rate / 2 for rate in rates[0]])


def test_a_rate_that_goes_by_validations_is_not_resumed(tmp_path):
    config = write_config(tmp_path, param_scheduler="[dict(type='ReduceOnPlateauLR', monitor='span/f1')]",
                          train_cfg='dict(max_epochs=2)')
    assert forked_tool('train.py', config, '--work-dir', tmp_path / 'run').returncode == 0
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run', '--resume', tmp_path / 'run/epoch_1.pth')
    assert done.returncode == 1
    assert 'epoch_1.pth: was written before the validation by which ReduceOnPlateauLR' in done.stderr.splitlines()[-1]


def test_default_hooks_can_be_left_out(tmp_path):
    without = dict(finite_loss=None, epoch_seed=None, lost_gold=None, timer=None)
    left, all_of_them = ({type(hook).__name__ for hook in runner_of(tmp_path, **changes).hooks}
                         for changes in (dict(default_hooks=without), {}))
    assert all_of_them - left == {'FiniteLossHook', 'EpochSeedHook', 'LostGoldHook', 'IterTimerHook'}
