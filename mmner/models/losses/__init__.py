from mmner.models.losses.binary_cross_entropy import BinaryCrossEntropyLoss
from mmner.models.losses.cross_entropy import CrossEntropyLoss
from mmner.models.losses.dice import DiceLoss
from mmner.models.losses.focal import FocalLoss
from mmner.models.losses.multi_label_cross_entropy import MultiLabelCrossEntropyLoss

__all__ = ['BinaryCrossEntropyLoss', 'CrossEntropyLoss', 'DiceLoss', 'FocalLoss', 'MultiLabelCrossEntropyLoss']
