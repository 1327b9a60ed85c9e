from mmner.engine.optim.layer_decay_constructor import LayerDecayConstructor
from mmner.engine.optim.merged_groups_constructor import MergedGroupsConstructor
from mmner.engine.optim.token_weighted_optim_wrapper import TokenWeightedOptimWrapper

__all__ = ['LayerDecayConstructor', 'MergedGroupsConstructor', 'TokenWeightedOptimWrapper']
