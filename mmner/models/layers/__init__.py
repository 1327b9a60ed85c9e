from mmner.models.layers.activations import ACTIVATIONS
from mmner.models.layers.attention import PackedSelfAttention, SequenceLayout, packed_attention
from mmner.models.layers.dropout import Dropout
from mmner.models.layers.forward_backward import backward_scores, forward_scores, path_scores
from mmner.models.layers.inference_linear import BFloat16Linear, Int8Linear
from mmner.models.layers.pair_convolutions import PairConvolutions
from mmner.models.layers.pair_features import PairFeatures
from mmner.models.layers.pair_rows import PairRows
from mmner.models.layers.rotary import rotary
from mmner.models.layers.unit_grid import UnitGrid
from mmner.models.layers.unit_windows import UnitWindows
from mmner.models.layers.viterbi import viterbi

__all__ = ['ACTIVATIONS', 'BFloat16Linear', 'Dropout', 'Int8Linear', 'PackedSelfAttention', 'PairConvolutions',
           'PairFeatures', 'PairRows', 'SequenceLayout', 'UnitGrid', 'UnitWindows', 'backward_scores', 'forward_scores',
           'packed_attention', 'path_scores', 'rotary', 'viterbi']
