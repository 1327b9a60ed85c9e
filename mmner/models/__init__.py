from mmner.models.data_preprocessor import NERDataPreprocessor
from mmner.models.decoders import *  # noqa: F403
from mmner.models.encoders import *  # noqa: F403
from mmner.models.heads import *  # noqa: F403
from mmner.models.losses import *  # noqa: F403
from mmner.models.necks import *  # noqa: F403
from mmner.models.ner_model import NERModel
from mmner.models.objectives import *  # noqa: F403
from mmner.models.pretraining_model import PretrainingModel

__all__ = ['NERDataPreprocessor', 'NERModel', 'PretrainingModel']
