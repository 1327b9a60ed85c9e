from mmner.models.losses.cross_entropy import CrossEntropyLoss
from mmner.models.losses.focal import FocalLoss

__all__ = ['CrossEntropyLoss', 'FocalLoss']
