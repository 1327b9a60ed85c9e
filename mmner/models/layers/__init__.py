from mmner.models.layers.attention import PackedSelfAttention, SequenceLayout, packed_attention

__all__ = ['PackedSelfAttention', 'SequenceLayout', 'packed_attention']
