from mmner.engine.hooks.checkpoint_hook import NERCheckpointHook
from mmner.engine.hooks.compile_hook import CompileHook
from mmner.engine.hooks.early_stopping_hook import NEREarlyStoppingHook
from mmner.engine.hooks.epoch_seed_hook import EpochSeedHook
from mmner.engine.hooks.finite_loss_hook import FiniteLossHook
from mmner.engine.hooks.lost_gold_hook import LostGoldHook
from mmner.engine.hooks.visualization_hook import NERVisualizationHook

__all__ = ['CompileHook', 'EpochSeedHook', 'FiniteLossHook', 'LostGoldHook', 'NERCheckpointHook',
           'NEREarlyStoppingHook', 'NERVisualizationHook']
