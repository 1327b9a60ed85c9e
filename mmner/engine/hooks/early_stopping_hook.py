import json
from pathlib import Path

from mmengine.dist import broadcast_object_list, master_only
from mmengine.hooks import EarlyStoppingHook

from mmner.engine.hooks.checkpoint_hook import NERCheckpointHook
from mmner.registry import HOOKS
from mmner.utils.files import written_aside


@HOOKS.register_module()
class NEREarlyStoppingHook(EarlyStoppingHook):
    """mmengine's EarlyStoppingHook, which forgets at `--resume` what it has seen; this one does not.

    A checkpoint is older than the validation of its epoch, so the scores stand in `early_stopping.json` of the work
    dir, by the iteration after which they were found; a run that goes on elsewhere reads those beside its checkpoint.
    A validation that was killed is not made up for. The arguments are those of mmengine.
    """
    _default_greater_keys = NERCheckpointHook._default_greater_keys
    _default_less_keys = NERCheckpointHook._default_less_keys
    scores: dict[str, float] | None = None          # none but in a training

    def before_run(self, runner) -> None:
        """mmengine asks for the training loop here, for which a test would read the training file."""

    def before_train(self, runner) -> None:
        self.file = Path(runner.work_dir, 'early_stopping.json')
        beside = Path(runner._load_from or self.file).with_name(self.file.name)         # the checkpoint
        kept = [json.loads(beside.read_text(encoding='utf8')) if runner.iter and beside.exists() else {}]
        broadcast_object_list(kept)
        self.scores = {iteration: score for iteration, score in kept[0].items() if int(iteration) <= runner.iter}
        for score in self.scores.values():
            super().after_val_epoch(runner, {self.monitor: score})

    def after_val_epoch(self, runner, metrics: dict) -> None:
        if self.scores is None:
            return
        super().after_val_epoch(runner, metrics)
        if self.monitor in metrics:
            self.scores[str(runner.iter)] = float(metrics[self.monitor])
            self.write()

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """No score of an earlier run may stand beside a checkpoint of this one."""
        self.write()

    @master_only
    def write(self) -> None:
        with written_aside(self.file) as sink:
            json.dump(self.scores, sink)
