from mmner.engine.checkpoints import chosen_checkpoint, latest_checkpoint
from mmner.engine.hooks import CompileHook
from mmner.engine.log_processor import NERLogProcessor
from mmner.engine.optim import MergedGroupsConstructor, TokenWeightedOptimWrapper
from mmner.engine.runner import NERRunner

__all__ = ['CompileHook', 'MergedGroupsConstructor', 'NERLogProcessor', 'NERRunner', 'TokenWeightedOptimWrapper',
           'chosen_checkpoint', 'latest_checkpoint']
