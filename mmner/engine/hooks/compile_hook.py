from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper

from mmner.registry import HOOKS


@HOOKS.register_module()
class CompileHook(Hook):
    """Train with the encoder's layers compiled by torch.compile, for batches of any shape.

    Meant for CUDA. On the CPU that we measured, training became slower (docs/speed.md) and torch needs a C++ compiler.
    """

    def before_train(self, runner) -> None:
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        for layer in model.encoder.layers:
            layer.compile(dynamic=True)
