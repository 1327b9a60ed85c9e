from mmner.models.data_preprocessor import NERDataPreprocessor
from mmner.models.decoders import *  # noqa: F403
from mmner.models.encoders import *  # noqa: F403
from mmner.models.losses import *  # noqa: F403
from mmner.models.necks import *  # noqa: F403
from mmner.models.ner_model import NERModel

__all__ = ['NERDataPreprocessor', 'NERModel']
