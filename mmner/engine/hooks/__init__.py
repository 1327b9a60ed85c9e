from mmner.engine.hooks.compile_hook import CompileHook
from mmner.engine.hooks.visualization_hook import NERVisualizationHook

__all__ = ['CompileHook', 'NERVisualizationHook']
