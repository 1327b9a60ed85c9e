from math import isfinite

from mmengine.hooks import Hook

from mmner.registry import HOOKS
from mmner.utils import InputError


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """End a training whose loss is infinite or no number, from which no step leads back.

    No weights are saved that are not finite.

    Raises:
        InputError: The loss, or a weight that is to be saved, is infinite or no number.
    """
    priority = 'HIGH'

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs: dict | None = None) -> None:
        """Look at the loss of the batch, for which RuntimeInfoHook has waited already."""
        loss = outputs['loss'].item()
        if not isfinite(loss):
            raise diverged(runner, f'the loss is {loss} in iteration {runner.iter + 1}')

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Look at the weights."""
        for name, weight in checkpoint['state_dict'].items():
            if not weight.isfinite().all():
                raise diverged(runner, f'{name} is no longer finite')


def diverged(runner, what: str) -> InputError:
    return InputError(f'{what}, which no further step mends; the checkpoints in {runner.work_dir} are from before. '
                      'Train with a lower optim_wrapper.optimizer.lr, a longer warm-up, or without --amp')
