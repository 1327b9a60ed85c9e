from mmner.visualization.terminal import mark_entities

__all__ = ['mark_entities']
