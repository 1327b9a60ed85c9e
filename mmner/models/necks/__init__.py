from mmner.models.necks.base import BaseNeck
from mmner.models.necks.char_fusion import CharFusionNeck
from mmner.models.necks.first_token import FirstTokenNeck
from mmner.models.necks.lexicon import LexiconNeck
from mmner.models.necks.lstm import LSTMNeck

__all__ = ['BaseNeck', 'CharFusionNeck', 'FirstTokenNeck', 'LSTMNeck', 'LexiconNeck']
