from mmner.models.layers.attention import PackedSelfAttention, SequenceLayout, packed_attention
from mmner.models.layers.dropout import Dropout
from mmner.models.layers.viterbi import viterbi

__all__ = ['Dropout', 'PackedSelfAttention', 'SequenceLayout', 'packed_attention', 'viterbi']
