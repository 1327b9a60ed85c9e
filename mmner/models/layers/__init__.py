from mmner.models.layers.activations import ACTIVATIONS
from mmner.models.layers.attention import PackedSelfAttention, SequenceLayout, packed_attention
from mmner.models.layers.dropout import Dropout
from mmner.models.layers.frozen_linear import BFloat16Linear, Int8Linear
from mmner.models.layers.viterbi import viterbi

__all__ = ['ACTIVATIONS', 'BFloat16Linear', 'Dropout', 'Int8Linear', 'PackedSelfAttention', 'SequenceLayout',
           'packed_attention', 'viterbi']
