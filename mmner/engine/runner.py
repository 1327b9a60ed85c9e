from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from pickle import UnpicklingError

import torch
from mmengine.config import Config
from mmengine.dist import is_distributed, master_only
from mmengine.hooks import EMAHook, Hook
from mmengine.optim import OptimWrapper
from mmengine.optim.scheduler.param_scheduler import ReduceOnPlateauParamScheduler
from mmengine.runner import BaseLoop, EpochBasedTrainLoop, Runner, activation_checkpointing
from torch import nn
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader

from mmner.engine.checks import (
    optimizer_mistakes,
    over_one_dataset,
    require_monitored,
    require_steps_of_one_batch,
    too_short,
)
from mmner.engine.model_wrappers import unwrapped
from mmner.models.checkpoint import in_own_form, load_model
from mmner.models.weights import read_checkpoint
from mmner.registry import RUNNERS
from mmner.utils import InputError
from mmner.utils.memory import keep_freed_memory

TIMESTAMPS = set()         # of the runs of this process
MMENGINE_HOOKS = 'runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint'
# mmengine takes torch's reentrant variant, under which a part does not learn if no gradient is asked of its input, as
# behind frozen embeddings, and which FGM and PGD cannot use.
activation_checkpointing.checkpoint = partial(checkpoint, use_reentrant=False)


class RunConfig(Config):
    """The config of a run, which no longer changes.

    Its text is formatted once, for that is slow and mmengine asks for it with every checkpoint.
    """
    pretty_text = cached_property(Config.pretty_text.fget)

    def __copy__(self) -> 'RunConfig':
        return without_text(super().__copy__())

    def __deepcopy__(self, memo: dict) -> 'RunConfig':
        return without_text(super().__deepcopy__(memo))

    copy = __copy__


def without_text(config: RunConfig) -> RunConfig:
    """A new copy, which may be changed before its own text is asked for."""
    vars(config).pop('pretty_text', None)
    return config


def seed_of_epoch(init_worker: Callable, worker_id: int) -> None:
    """mmengine's `worker_init_fn` with the seed that torch has drawn for the epoch, not that of the run.

    `EpochSeedHook` decides what torch draws; persistent workers are seeded once and draw on.
    """
    init_worker(worker_id, seed=(torch.initial_seed() - worker_id) % 2 ** 31)


@RUNNERS.register_module()
class NERRunner(Runner):
    """mmengine's Runner whose checkpoints are whole, fit the model and never execute code.

    A checkpoint is written aside and renamed, so that a killed run leaves none that is broken. Loading refuses a
    checkpoint that fits the model only in part, and understands those of MMOCR 0.x.
    """
    has_begun = False

    @classmethod
    def from_cfg(cls, cfg: Config) -> 'NERRunner':
        run_config = RunConfig()
        run_config.__setstate__((cfg if isinstance(cfg, Config) else Config(cfg)).__getstate__())
        return super().from_cfg(run_config)

    def setup_env(self, env_cfg: dict) -> None:
        # mmengine asks for a GPU when it joins a process group; without one, gloo processes work as well.
        if self._launcher == 'pytorch' and not torch.cuda.is_available() and not is_distributed():
            torch.distributed.init_process_group('gloo')
        keep_freed_memory()
        super().setup_env(env_cfg)
        while self._timestamp in TIMESTAMPS:        # by it a run has a log, message hub and visualizer of its own
            self._timestamp += '_'
        TIMESTAMPS.add(self._timestamp)

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        if self.distributed and 'FullySharded' in str((model_wrapper_cfg or {}).get('type')):
            raise InputError('model_wrapper_cfg: MMFullyShardedDataParallel is not supported, for checkpoints are of '
                             'whole models; leave it out')
        if self.distributed and not torch.cuda.is_available():
            given = model_wrapper_cfg or dict(find_unused_parameters=self.cfg.get('find_unused_parameters', False))
            model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None) | given
        return super().wrap_model(model_wrapper_cfg, model)

    def build_optim_wrapper(self, optim_wrapper: OptimWrapper | dict) -> OptimWrapper:
        with optimizer_mistakes(optim_wrapper if isinstance(optim_wrapper, dict) else {}):
            return super().build_optim_wrapper(optim_wrapper)

    def scale_lr(self, optim_wrapper: OptimWrapper, auto_scale_lr: dict | None = None) -> None:
        """As mmengine, which takes each step for one of `batch_size` texts; other steps are refused."""
        if (auto_scale_lr or {}).get('enable'):
            require_steps_of_one_batch(self.train_dataloader, optim_wrapper)
        super().scale_lr(optim_wrapper, auto_scale_lr)

    def _build_param_scheduler(self, scheduler, optim_wrapper: OptimWrapper) -> list:
        """As mmengine, but without those that so few steps or epochs leave no room for."""
        schedules = scheduler if isinstance(scheduler, (list, tuple)) else [scheduler]
        kept = [schedule for schedule in schedules if not isinstance(schedule, dict) or self._has_room(schedule)]
        return super()._build_param_scheduler(kept, optim_wrapper)

    def _has_room(self, schedule: dict) -> bool:
        """Whether a schedule can do what it is for; if not, the log says why."""
        epoch_length = len(self.train_dataloader)
        last = self.max_epochs if schedule.get('by_epoch', True) else self.max_iters
        reason = too_short(schedule, epoch_length, last)
        if reason:
            self.logger.warning(f'{schedule["type"]} is left out of param_scheduler: with {epoch_length} steps an '
                                f'epoch in {self.max_epochs} epochs {reason}')
        return reason is None

    @staticmethod
    def build_dataloader(dataloader: DataLoader | dict, seed: int | None = None,
                         diff_rank_seed: bool = False) -> DataLoader:
        """As mmengine, but its workers draw other random numbers in each epoch."""
        loader = Runner.build_dataloader(dataloader, seed, diff_rank_seed)
        if isinstance(dataloader, dict) and 'worker_init_fn' not in dataloader and loader.worker_init_fn:
            loader.worker_init_fn = partial(seed_of_epoch, loader.worker_init_fn)
        return loader

    def build_val_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        return over_one_dataset(super().build_val_loop(loop), 'val_dataloader')

    def build_test_loop(self, loop: BaseLoop | dict) -> BaseLoop:
        return over_one_dataset(super().build_test_loop(loop), 'test_dataloader')

    def register_default_hooks(self, hooks: dict[str, Hook | dict] | None = None) -> None:
        """Those of mmengine, and LostGoldHook; None in place of one leaves it out."""
        hooks = dict(lost_gold=dict(type='LostGoldHook')) | (hooks or {})
        # mmengine takes None for its own alone.
        super().register_default_hooks({name: hook for name, hook in hooks.items() if hook or name in MMENGINE_HOOKS})

    def _init_model_weights(self) -> None:
        """Before they are loaded; mmengine also forgets at a training the weights that a test before it has loaded."""
        if self._has_loaded:
            return
        try:
            super()._init_model_weights()
        except UnpicklingError as error:
            raise InputError('init_cfg: only that of an encoder reads the checkpoint of a training; to start from a '
                             'whole model set load_from') from error

    def call_hook(self, fn_name: str, **kwargs) -> None:
        """As mmengine, but `before_run` once: a test after the training must not begin EMAHook's average anew.

        Raises:
            InputError: See `require_monitored`.
        """
        if fn_name == 'after_val_epoch':
            require_monitored([*self.hooks, *(self.param_schedulers or [])], kwargs.get('metrics') or {})
        if fn_name != 'before_run' or not self.has_begun:
            super().call_hook(fn_name, **kwargs)
        self.has_begun = self.has_begun or fn_name == 'before_run'

    def dump_config(self) -> None:
        """Later, with the first checkpoint: the config in the work dir is that of the weights beside it."""

    def get_hooks_info(self) -> str:
        """The hooks in a line; mmengine's list of each at each stage takes 150 lines of every log."""
        return ', '.join(type(hook).__name__ for hook in self.hooks)

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str, *args, **kwargs) -> None:
        written = Path(out_dir, f'{filename}.part')
        try:
            super().save_checkpoint(out_dir, written.name, *args, **kwargs)
            written.replace(Path(out_dir, filename))
            super().dump_config()
        except (OSError, RuntimeError) as error:        # a full disk is torch's RuntimeError
            reason, *_ = str(error).split('\n')
            raise InputError(f'{Path(out_dir, filename)}: cannot be written ({reason}); make room and go on with '
                             '--resume, or elsewhere with --work-dir DIR --resume CHECKPOINT') from error
        finally:
            written.unlink(missing_ok=True)

    def load_checkpoint(self, filename: str, map_location='cpu', strict: bool = True, revise_keys=None) -> dict:
        """Load the model from `filename` and return all that the file holds, on the CPU.

        The arguments are those of mmengine; only `filename` has a say, since every load is strict.
        """
        checkpoint = in_own_form(read_checkpoint(filename), filename)       # hooks read the weights in it, too
        self.call_hook('after_load_checkpoint', checkpoint=checkpoint)
        load_model(unwrapped(self.model), checkpoint, filename)
        self._has_loaded = True
        self.logger.info(f'Load checkpoint from {filename}')
        return checkpoint

    def resume(self, filename: str, *args, **kwargs) -> None:
        """Go on as if the run had never stopped, with EpochSeedHook to the bit, but for persistent workers,
        SamplingSentencePieceTokenizer and gradients that were accumulated for an update to come.

        Raises:
            InputError: The checkpoint does not hold what that takes, it is of a run with EMAHook or other steps, or the
                learning rate goes by validations.
        """
        whole = dict(meta=True, message_hub=True, optimizer=True, param_schedulers=self.param_schedulers)
        checkpoint = read_checkpoint(filename)
        if missing := [part for part, is_needed in whole.items() if is_needed and part not in checkpoint]:
            raise InputError(f'{filename}: holds no {", ".join(missing)}, so no run can go on from it, only from an '
                             'epoch_N.pth; to start from its weights set load_from in the config')
        if 'ema_state_dict' in checkpoint and not any(isinstance(hook, EMAHook) for hook in self.hooks):
            raise InputError(f'{filename}: is of a run with EMAHook, this config has none; add it, or set load_from in '
                             'the config to start from the averaged weights')
        planned = self._ends_of_schedules()
        if any(isinstance(schedule, ReduceOnPlateauParamScheduler) for schedule in self.param_schedulers or []):
            raise InputError(f'{filename}: was written before the validation by which ReduceOnPlateauLR sets the rate, '
                             'so a resumed run would train at another one; train anew, or set load_from in the config '
                             'to start from its weights')
        try:
            super().resume(filename, *args, **kwargs)
        except ValueError as error:
            if 'parameter group' not in str(error):
                raise
            raise InputError(f'{filename}: its optimizer has other parameter groups than the config makes, so the run '
                             'cannot go on from it; resume with the optim_wrapper that it was trained with, or set '
                             'load_from in the config to start from its weights') from error
        sampler = getattr(self.train_dataloader.batch_sampler, 'sampler', None)     # built with the config's own seed
        if hasattr(sampler, 'seed') and not self._randomness_cfg.get('diff_rank_seed'):
            sampler.seed = self.seed
        if isinstance(self.train_loop, EpochBasedTrainLoop) and self.iter != self.epoch * len(self.train_dataloader):
            raise InputError(f'{filename}: {self.iter} steps in {self.epoch} epochs, but this config makes '
                             f'{len(self.train_dataloader)} an epoch; resume from an epoch_N.pth with the batch size, '
                             'texts and number of processes of that run, or set load_from to start from its weights')
        if self._ends_of_schedules() != planned:
            raise InputError(f'{filename}: its learning-rate schedules end at {self._ends_of_schedules()}, those of '
                             f'this config at {planned}; resume with the schedules of that run, or set load_from to '
                             'start from its weights')

    def _ends_of_schedules(self) -> list[int]:
        """The steps or epochs after which schedules no longer change anything."""
        return [schedule.end for schedule in self.param_schedulers or []]
