from pathlib import Path

import torch
from mmengine.dist import is_distributed, master_only
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from mmner.models.checkpoint import in_own_form, load_model
from mmner.models.weights import read_checkpoint
from mmner.registry import RUNNERS
from mmner.utils import InputError
from mmner.utils.memory import keep_freed_memory


@RUNNERS.register_module()
class NERRunner(Runner):
    """mmengine's Runner whose checkpoints are whole, fit the model and never execute code.

    A checkpoint is written aside and renamed, so that a killed run leaves none that is broken. Loading refuses a
    checkpoint that fits the model only in part, and understands those of MMOCR 0.x.
    """

    def setup_env(self, env_cfg: dict) -> None:
        # mmengine asks for a GPU when it joins a process group; without one, gloo processes work as well.
        if self._launcher == 'pytorch' and not torch.cuda.is_available() and not is_distributed():
            torch.distributed.init_process_group('gloo')
        keep_freed_memory()
        super().setup_env(env_cfg)

    def wrap_model(self, model_wrapper_cfg: dict | None, model: nn.Module) -> nn.Module:
        if self.distributed and not torch.cuda.is_available():
            model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None) | (model_wrapper_cfg or {})
        return super().wrap_model(model_wrapper_cfg, model)

    def get_hooks_info(self) -> str:
        """The hooks in a line; mmengine's list of each at each stage takes 150 lines of every log."""
        return ', '.join(type(hook).__name__ for hook in self.hooks)

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str, *args, **kwargs) -> None:
        written = Path(out_dir, f'{filename}.part')
        try:
            super().save_checkpoint(out_dir, written.name, *args, **kwargs)
            written.replace(Path(out_dir, filename))
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
        model = self.model.module if is_model_wrapper(self.model) else self.model
        load_model(model, checkpoint, filename)
        self._has_loaded = True
        self.logger.info(f'Load checkpoint from {filename}')
        return checkpoint

    def resume(self, filename: str, *args, **kwargs) -> None:
        try:
            super().resume(filename, *args, **kwargs)
        except KeyError as error:
            if error.args[0] not in ('meta', 'epoch', 'iter', 'message_hub'):
                raise
            raise InputError(f'{filename}: holds no {error}, so no run can go on from it; to start from its weights '
                             'set load_from in the config') from error
        except ValueError as error:
            if 'parameter group' not in str(error):
                raise
            raise InputError(f'{filename}: its optimizer has other parameter groups than the config makes, so the run '
                             'cannot go on from it; resume with the optim_wrapper that it was trained with, or set '
                             'load_from in the config to start from its weights') from error
