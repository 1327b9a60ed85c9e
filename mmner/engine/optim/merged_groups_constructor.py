from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper
from torch import nn

from mmner.engine.model_wrappers import unwrapped
from mmner.registry import OPTIM_WRAPPER_CONSTRUCTORS
from mmner.utils import InputError


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class MergedGroupsConstructor(DefaultOptimWrapperConstructor):
    """mmengine's constructor with one parameter group for each set of hyper-parameters instead of each parameter.

    With a `paramwise_cfg` mmengine makes 200 groups of BERT-base; schedulers and the optimizer walk through them at
    every step. The rates are the same. The arguments are those of `DefaultOptimWrapperConstructor`.

    Raises:
        InputError: `paramwise_cfg` has an option that nothing reads, or names a part that the model does not have.
    """
    OPTIONS = ('custom_keys', 'bias_lr_mult', 'bias_decay_mult', 'norm_decay_mult', 'dwconv_decay_mult',
               'flat_decay_mult', 'bypass_duplicate', 'dcn_offset_lr_mult')

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None):
        super().__init__(optim_wrapper_cfg, paramwise_cfg)
        for option in self.paramwise_cfg:
            if option not in self.OPTIONS:
                raise InputError(f'paramwise_cfg: {type(self).__name__} has no option {option!r:.60}, only '
                                 f'{", ".join(self.OPTIONS)}')

    def __call__(self, model: nn.Module) -> OptimWrapper:
        wrapper, model = super().__call__(model), unwrapped(model)
        parts = [*dict(model.named_modules()), *dict(model.named_parameters())]
        settings = ['lr_mult', 'decay_mult', *wrapper.optimizer.defaults]
        for key, values in self.paramwise_cfg.get('custom_keys', {}).items():
            if not any(key in part for part in parts):
                raise InputError(f'paramwise_cfg.custom_keys: {key!r:.60} is in the name of no part of the model, such '
                                 f'as {", ".join(dict(model.named_children()))}')
            if unknown := values.keys() - set(settings):
                raise InputError(f'paramwise_cfg.custom_keys.{key}: {min(unknown)!r:.60} is none of '
                                 f'{", ".join(settings)}')
        return wrapper

    def add_params(self, params: list[dict], module: nn.Module, prefix: str = '', is_dcn_module=None) -> None:
        super().add_params(params, module, prefix, is_dcn_module)
        if not prefix:                      # mmengine calls it for the model, and from there for every submodule
            params[:] = self.merge(params)

    def merge(self, groups: list[dict]) -> list[dict]:
        """Groups of equal hyper-parameters to one group each, in the order of the first of them."""
        merged, known = [], []
        for group in groups:
            settings = dict(lr=self.base_lr, weight_decay=self.base_wd) | group
            parameters = settings.pop('params')
            if settings in known:
                merged[known.index(settings)]['params'].extend(parameters)
            else:
                known.append(settings)
                merged.append(group)
        return merged
