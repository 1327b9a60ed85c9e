from mmner.engine.hooks import *  # noqa: F403
from mmner.engine.log_processor import NERLogProcessor
from mmner.engine.optim import *  # noqa: F403
from mmner.engine.runner import NERRunner

__all__ = ['NERLogProcessor', 'NERRunner']
