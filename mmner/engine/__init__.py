from mmner.engine.hooks import CompileHook
from mmner.engine.log_processor import NERLogProcessor
from mmner.engine.optim import MergedGroupsConstructor, TokenWeightedOptimWrapper
from mmner.engine.runner import NERRunner, latest_checkpoint

__all__ = ['CompileHook', 'MergedGroupsConstructor', 'NERLogProcessor', 'NERRunner', 'TokenWeightedOptimWrapper',
           'latest_checkpoint']
