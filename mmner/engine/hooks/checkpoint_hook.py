from collections.abc import Callable
from pathlib import Path

import torch
from mmengine.hooks import CheckpointHook

from mmner.models.weights import SAFE_GLOBALS
from mmner.registry import HOOKS


@HOOKS.register_module()
class NERCheckpointHook(CheckpointHook):
    """mmengine's CheckpointHook, which removes an old checkpoint before it writes the new one; here that comes after.

    So a run that is killed while it writes, whose disk is full or whose weights are no longer finite, keeps what it
    had. The disk must hold one checkpoint more. The arguments are those of mmengine.
    """

    def _save_checkpoint(self, runner) -> None:
        self._removing_last(super()._save_checkpoint, runner)

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
        for file, before in old.items():
            is_ours = file.parent.resolve() == Path(self.out_dir).resolve()     # not of the run that was resumed from
            if is_ours and state(file) == before:       # else it has been written again under its own name
                file.unlink()


def state(file: str | Path) -> tuple[int, int]:
    """What tells a file from a new one of the same name."""
    found = Path(file).stat()
    return found.st_ino, found.st_mtime_ns
