from mmner.engine.optim.merged_groups_constructor import MergedGroupsConstructor
from mmner.engine.optim.token_weighted_optim_wrapper import TokenWeightedOptimWrapper

__all__ = ['MergedGroupsConstructor', 'TokenWeightedOptimWrapper']
