from mmengine.hooks import Hook

from mmner.engine.model_wrappers import unwrapped
from mmner.registry import HOOKS


@HOOKS.register_module()
class CompileHook(Hook):
    """Train with the encoder's layers compiled by torch.compile, for batches of any shape.

    Meant for CUDA. On the CPU that we measured, training became slower (docs/speed.md) and torch needs a C++ compiler.
    """

    def before_train(self, runner) -> None:
        for layer in unwrapped(runner.model).encoder.layers:
            layer.compile(dynamic=True)
