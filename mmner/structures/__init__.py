from mmner.structures.data_sample import NERDataSample
from mmner.structures.entity import Entity
from mmner.structures.packed_batch import PackedBatch
from mmner.structures.prediction import Prediction
from mmner.structures.pretraining_sample import PretrainingSample
from mmner.structures.relation import Relation
from mmner.structures.tag_schemes import *  # noqa: F403

__all__ = ['Entity', 'NERDataSample', 'PackedBatch', 'Prediction', 'PretrainingSample', 'Relation']
