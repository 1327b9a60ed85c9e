from mmengine.optim import OptimWrapper
from torch import nn

from mmner.engine.model_wrappers import unwrapped
from mmner.engine.optim.merged_groups_constructor import MergedGroupsConstructor
from mmner.registry import OPTIM_WRAPPER_CONSTRUCTORS
from mmner.utils import InputError


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class LayerDecayConstructor(MergedGroupsConstructor):
    """Layer-wise learning-rate decay: the deeper a layer of the encoder, the lower its rate.

    Of n layers the last has `layer_decay_rate` times the rate that it would have otherwise, the one below it
    `layer_decay_rate` ** 2, ..., the embeddings `layer_decay_rate` ** (n + 1). Neck and decoder keep theirs. Layers
    that share their weights are one. All other arguments are those of `MergedGroupsConstructor`.

    Source: https://arxiv.org/abs/1801.06146 (discriminative fine-tuning), for BERT-like encoders
    https://arxiv.org/abs/2003.10555

    Args:
        optim_wrapper_cfg (dict): Config of the OptimWrapper; its optimizer has an `lr`.
        paramwise_cfg (dict): Also holds `layer_decay_rate`, above 0 and at most 1.
    """

    OPTIONS = (*MergedGroupsConstructor.OPTIONS, 'layer_decay_rate')

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None):
        super().__init__(optim_wrapper_cfg, paramwise_cfg)
        self.layer_decay_rate = self.paramwise_cfg.get('layer_decay_rate')
        if self.layer_decay_rate is None or not 0 < self.layer_decay_rate <= 1:
            raise InputError(f'LayerDecayConstructor: layer_decay_rate={self.layer_decay_rate}; set it in '
                             'paramwise_cfg to a number above 0 and at most 1')
        if self.base_lr is None:
            raise InputError('LayerDecayConstructor scales the learning rate; set lr in optim_wrapper.optimizer')

    def __call__(self, model: nn.Module) -> OptimWrapper:
        encoder = unwrapped(model).encoder
        depths = {parameter: len(encoder.layers) + 1 for parameter in encoder.parameters()}
        for depth, layer in enumerate(reversed(encoder.layers), start=1):
            depths |= dict.fromkeys(layer.parameters(), depth)
        self.scales = {parameter: self.layer_decay_rate ** depth for parameter, depth in depths.items()}
        return super().__call__(model)

    def merge(self, groups: list[dict]) -> list[dict]:
        for group in groups:
            parameter, = group['params']
            group['lr'] = group.get('lr', self.base_lr) * self.scales.get(parameter, 1)
        return super().merge(groups)
