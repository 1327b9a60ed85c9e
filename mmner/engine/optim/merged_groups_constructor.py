from mmengine.optim import DefaultOptimWrapperConstructor
from torch import nn

from mmner.registry import OPTIM_WRAPPER_CONSTRUCTORS


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class MergedGroupsConstructor(DefaultOptimWrapperConstructor):
    """mmengine's constructor with one parameter group for each set of hyper-parameters instead of each parameter.

    With a `paramwise_cfg` mmengine makes 200 groups of BERT-base; schedulers and the optimizer walk through them at
    every step. The rates are the same. The arguments are those of `DefaultOptimWrapperConstructor`.
    """

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
