import re
from pathlib import Path

from mmengine.dist import master_only
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from mmner.models.checkpoint import load_model
from mmner.models.weights import read_checkpoint
from mmner.registry import RUNNERS


@RUNNERS.register_module()
class NERRunner(Runner):
    """mmengine's Runner whose checkpoints are whole, fit the model and never execute code.

    A checkpoint is written aside and renamed, so that a killed run leaves none that is broken. Loading refuses a
    checkpoint that fits the model only in part, and understands those of MMOCR 0.x.
    """

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str, *args, **kwargs) -> None:
        written = Path(out_dir, f'{filename}.part')
        super().save_checkpoint(out_dir, written.name, *args, **kwargs)
        written.replace(Path(out_dir, filename))

    def load_checkpoint(self, filename: str, map_location='cpu', strict: bool = True, revise_keys=None) -> dict:
        """Load the model from `filename` and return all that the file holds, on the CPU.

        The arguments are those of mmengine; only `filename` has a say, since every load is strict.
        """
        checkpoint = read_checkpoint(filename)
        self.call_hook('after_load_checkpoint', checkpoint=checkpoint)
        model = self.model.module if is_model_wrapper(self.model) else self.model
        load_model(model, checkpoint, filename)
        self._has_loaded = True
        self.logger.info(f'Load checkpoint from {filename}')
        return checkpoint


def latest_checkpoint(work_dir: str) -> str | None:
    """The last whole checkpoint of a run, `epoch_N.pth` or `iter_N.pth`; None when there is none yet."""
    written = [(int(match[1]), str(file)) for file in Path(work_dir).glob('*.pth')
               if (match := re.fullmatch(r'(?:epoch|iter)_(\d+)\.pth', file.name))]
    return max(written)[1] if written else None
