from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook

from mmner.engine.model_wrappers import unwrapped
from mmner.models.checkpoint import labels_of
from mmner.models.weights import SAFE_GLOBALS
from mmner.registry import HOOKS
from mmner.utils.work_dirs import best_checkpoints


@HOOKS.register_module()
class NERCheckpointHook(CheckpointHook):
    """mmengine's CheckpointHook, which removes an old checkpoint before it writes the new one; here that comes after.

    So a run that is killed while it writes, whose disk is full or whose weights are no longer finite, keeps what it
    had. The disk must hold one checkpoint more. The arguments are those of mmengine.

    Beside the weights stand the `labels` that they stand for, by which `load_model` refuses them to another model. With
    the first `epoch_N.pth` of a new run those that were best in an earlier one become `.old`.
    """
    # Metrics whose `rule` need not be given.
    _default_greater_keys = [*CheckpointHook._default_greater_keys, 'f1', 'recall', 'correct']
    _default_less_keys = [*CheckpointHook._default_less_keys, 'perplexity']

    earlier_best: dict[Path, tuple[int, int]] | None = None         # none but in a training

    def before_train(self, runner) -> None:
        super().before_train(runner)
        begins = is_main_process() and not runner.iter
        self.earlier_best = {file: state(file) for file in best_checkpoints(self.out_dir)} if begins else {}

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        checkpoint['labels'] = labels_of(unwrapped(runner.model))

    def after_val_epoch(self, runner, metrics: dict) -> None:
        if self.earlier_best is not None:           # else a validation alone, which has nothing to save
            super().after_val_epoch(runner, metrics)

    def _save_checkpoint(self, runner) -> None:
        self._removing_last(super()._save_checkpoint, runner)
        for file in unchanged(self.earlier_best):
            runner.logger.info(f'{file}, the best checkpoint of an earlier run, becomes {file.name}.old')
            file.replace(f'{file}.old')
        self.earlier_best = {}

    def _save_best_checkpoint(self, runner, metrics: dict) -> None:
        self._removing_last(super()._save_best_checkpoint, runner, metrics)

    def _publish_model(self, runner, ckpt_path: str) -> None:
        with torch.serialization.safe_globals(SAFE_GLOBALS):
            super()._publish_model(runner, ckpt_path)

    def _removing_last(self, save: Callable, *arguments) -> None:
        """Call `save`, and remove what it wanted removed if it ends well."""
        old = {}
        self.file_backend.remove = lambda file: old.setdefault(Path(file), state(file))
        try:
            save(*arguments)
        finally:
            del self.file_backend.remove        # the method of its class is there again
        for file in unchanged(old):
            if file.parent.resolve() == Path(self.out_dir).resolve():       # not of the run that was resumed from
                file.unlink()


def unchanged(states: dict[Path, tuple[int, int]]) -> list[Path]:
    """The files that are still there and have not been written again."""
    return [file for file, before in states.items() if file.exists() and state(file) == before]


def state(file: str | Path) -> tuple[int, int]:
    """What tells a file from a new one of the same name."""
    found = Path(file).stat()
    return found.st_ino, found.st_mtime_ns
