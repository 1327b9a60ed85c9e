from mmner.engine.runner import NERRunner, latest_checkpoint

__all__ = ['NERRunner', 'latest_checkpoint']
