"""Mistakes in a config that mmengine does not see, or stumbles over without saying what to do."""
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from mmengine.dataset import ClassBalancedDataset, ConcatDataset, RepeatDataset
from mmengine.hooks import CheckpointHook, EarlyStoppingHook
from mmengine.optim import OptimWrapper
from mmengine.optim.scheduler.param_scheduler import ReduceOnPlateauParamScheduler
from mmengine.runner import BaseLoop
from torch.utils.data import DataLoader

from mmner.datasets.samplers import TokenBudgetBatchSampler
from mmner.models.weights import listed
from mmner.utils import InputError

# What mmengine and Python say about an optimizer, and what is to be done.
OPTIMIZER_MISTAKES = {
    'base_wd should not be None': 'set weight_decay, which paramwise_cfg changes for some parameters',
    'None is not a callable object': 'its type names no class; correct it'}


def over_one_dataset(loop: BaseLoop, name: str) -> BaseLoop:
    """The loop, unless its dataset is made of others or not all of it is read: metrics know samples by their index."""
    dataset = loop.dataloader.dataset
    if isinstance(dataset, (ClassBalancedDataset, ConcatDataset, RepeatDataset)):
        raise InputError(f'{name}.dataset is {type(dataset).__name__}; evaluation takes one NERDataset: join the files')
    if getattr(loop.dataloader.batch_sampler, 'drop_last', False):
        raise InputError(f'{name}.drop_last leaves out the texts of the last batch; leave it out of the config')
    return loop


def too_short(schedule: dict, epoch_length: int, last: int) -> str | None:
    """Why a learning-rate schedule cannot do what it is for; None: it can.

    Args:
        schedule: Its config.
        epoch_length: Steps of an epoch.
        last: Where the training ends, in the schedule's own unit, epochs or steps.
    """
    unit = epoch_length if schedule.get('convert_to_iter_based') else 1
    begin, end = (int(schedule.get(key, default) * unit) for key, default in (('begin', 0), ('end', last)))
    if end <= begin:
        return f'it would begin at {begin} and end at {end}'
    if end == begin + 1 and str(schedule['type']).endswith('LinearLR'):     # it reaches its end one before `end`
        return f'it would set the rate once, to {schedule.get("start_factor", 1 / 3):.2g} of it, and never raise it'
    return None


@contextmanager
def optimizer_mistakes(optim_wrapper: dict) -> Iterator[None]:
    """Say what to change in `optim_wrapper` where nothing can be built from it, or would have no effect."""
    if 'AmpOptimWrapper' in str(optim_wrapper.get('type')):
        raise InputError('optim_wrapper: AmpOptimWrapper has no effect, since the model sets its own precision; leave '
                         'it out and train with --amp')
    try:
        yield
    except (TypeError, ValueError) as error:
        if str(error) not in OPTIMIZER_MISTAKES:
            raise
        raise InputError(f'optim_wrapper.optimizer: {OPTIMIZER_MISTAKES[str(error)]}') from error


def require_steps_of_one_batch(loader: DataLoader, optim_wrapper: OptimWrapper) -> None:
    """Refuse batches or steps that do not hold `batch_size` texts, by which `auto_scale_lr` sets the rate."""
    counts = getattr(optim_wrapper, '_accumulative_counts', 1)
    if isinstance(loader.batch_sampler, TokenBudgetBatchSampler):
        reason = 'batches of TokenBudgetBatchSampler hold now more, now fewer'
    elif counts > 1:
        reason = f'with accumulative_counts={counts} a step holds more'
    else:
        return
    raise InputError(f'auto_scale_lr takes each step for one of batch_size texts, but {reason}; leave it out and set '
                     'optim_wrapper.optimizer.lr')


def require_monitored(parts: Iterable, metrics: dict[str, float]) -> None:
    """Refuse a hook or a learning-rate schedule that goes by a metric which the validation does not give."""
    for part in parts:
        if isinstance(part, CheckpointHook):
            names = part.save_best or []
        else:
            names = [part.monitor] if isinstance(part, (EarlyStoppingHook, ReduceOnPlateauParamScheduler)) else []
        for name in names:
            if name not in metrics and name != 'auto':
                raise InputError(f'{type(part).__name__} goes by {name!r}, but the validation gives '
                                 f'{listed(list(metrics))}; name one of these in the config')
