from collections.abc import Callable

from torch import Tensor, nn

from mmner.models.layers import SequenceLayout, packed_attention


class InferenceBertLayer(nn.Module):
    """A BertLayer for testing alone, its linear layers in a number format that computes faster.

    Args:
        layer (BertLayer): The trained layer; norms are shared with it.
        linear (Callable): What makes a linear layer and an activation into a fast one: `BFloat16Linear`, `Int8Linear`.
    """

    def __init__(self, layer: nn.Module, linear: Callable[..., nn.Module]):
        super().__init__()
        self.num_heads, self.backend = layer.attention.num_heads, layer.attention.backend
        self.qkv = linear(layer.attention.qkv)
        self.attention_output = linear(layer.attention.output)
        self.attention_norm = layer.attention_norm
        self.intermediate = linear(layer.intermediate, layer.activation)
        self.output = linear(layer.output)
        self.output_norm = layer.output_norm

    def forward(self, hidden: Tensor, layout: SequenceLayout) -> Tensor:
        """(T, H) to (T, H), in bfloat16; in float32 where autocast computes norms so, as on CUDA."""
        hidden = hidden.bfloat16()
        qkv = self.qkv(hidden).unflatten(1, (3, self.num_heads, -1))            # (T, 3, heads, head size)
        attended = packed_attention(qkv, layout, backend=self.backend).flatten(1)
        hidden = self.attention_norm(hidden + self.attention_output(attended))
        return self.output_norm(hidden + self.output(self.intermediate(hidden)))
