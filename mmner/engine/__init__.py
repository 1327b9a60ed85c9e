from mmner.engine.hooks import CompileHook
from mmner.engine.optim import MergedGroupsConstructor, TokenWeightedOptimWrapper
from mmner.engine.runner import NERRunner, latest_checkpoint

__all__ = ['CompileHook', 'MergedGroupsConstructor', 'NERRunner', 'TokenWeightedOptimWrapper', 'latest_checkpoint']
