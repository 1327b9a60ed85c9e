"""Attention over packed sequences: the one place that knows their borders, and the one that may pad."""
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmner.models.layers.dropout import check_probability
from mmner.models.layers.dropout import dropout as drop
from mmner.utils import InputError


@cache
def find_varlen_attn() -> Callable | None:
    """torch's flash attention over packed sequences; None before torch 2.10. Importing it takes a third of a second."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    return varlen_attn


class SequenceLayout:
    """Where the sequences of a packed batch lie; made once for a batch and read by every layer.

    Args:
        cu_seqlens (Tensor): (N + 1,) int32 borders of the sequences in T.
        max_seqlen (int): L.
        num_tokens (int): T.

    Attributes:
        is_padded (bool): Whether the padded grid has gaps.
        key_mask (Tensor): (N, L) bool, where it holds a token.
        key_bias (Tensor): (N, 1, 1, L), to be added to attention scores: 0 for a token, -inf for a gap.
        grid_index (Tensor): (T,) place of each token in the flattened (N * L) grid.
    """

    def __init__(self, cu_seqlens: Tensor, max_seqlen: int, num_tokens: int):
        self.cu_seqlens = cu_seqlens
        self.max_seqlen = max_seqlen
        self.num_sequences = len(cu_seqlens) - 1
        self.is_padded = num_tokens < self.num_sequences * max_seqlen
        device, lengths = cu_seqlens.device, cu_seqlens.diff().long()                   # (N,)
        self.key_mask = torch.arange(max_seqlen, device=device) < lengths[:, None]
        self.key_bias = torch.zeros(self.key_mask.shape, device=device).masked_fill_(
            ~self.key_mask, -torch.inf)[:, None, None]
        begins = torch.arange(self.num_sequences, device=device) * max_seqlen
        shifts = (begins - cu_seqlens[:-1]).repeat_interleave(lengths, output_size=num_tokens)
        self.grid_index = torch.arange(num_tokens, device=device) + shifts


def packed_attention(qkv: Tensor, layout: SequenceLayout, *, dropout: float = 0.0, backend: str = 'auto') -> Tensor:
    """Scaled dot-product self-attention within each sequence.

    Args:
        qkv (Tensor): (T, 3, heads, head size), queries, keys and values.
        layout (SequenceLayout): The borders.
        dropout (float): Probability of zeroing an attention weight.
        backend (str): 'varlen' (flash attention on CUDA in half precision, no dropout), 'padded' (torch's
            scaled_dot_product_attention), 'products' (padded too, as batched matrix products) or 'auto': the fastest
            of the three, by device, precision and dropout.

    Returns:
        Tensor: (T, heads, head size).
    """
    if backend == 'auto':
        backend = fastest_backend(qkv, dropout)
    return BACKENDS[backend](qkv, layout, dropout)


def fastest_backend(qkv: Tensor, dropout: float) -> str:
    """What was fastest for sentences; with dropout, or in half precision, torch's own is slow on the CPU."""
    if varlen_fits(qkv, dropout):
        return 'varlen'
    return 'products' if qkv.device.type == 'cpu' and (dropout or qkv.dtype != torch.float32) else 'padded'


def varlen_fits(qkv: Tensor, dropout: float) -> bool:
    """Whether flash attention can: half precision on CUDA from compute capability 8 on, heads of 8, 16, ... 256."""
    return (qkv.is_cuda and dropout == 0 and qkv.dtype in (torch.bfloat16, torch.float16)
            and qkv.shape[-1] % 8 == 0 and qkv.shape[-1] <= 256
            and torch.cuda.get_device_capability(qkv.device) >= (8, 0) and find_varlen_attn() is not None)


def varlen_attention(qkv: Tensor, layout: SequenceLayout, dropout: float) -> Tensor:
    if not varlen_fits(qkv, dropout):
        raise InputError(f"attention backend 'varlen' cannot compute {qkv.dtype} on {qkv.device.type} with heads of "
                         f"{qkv.shape[-1]} and dropout {dropout} (it needs torch >= 2.10, CUDA, bfloat16 and no "
                         "dropout); set attention_backend='auto'")
    query, key, value = qkv.unbind(1)
    return find_varlen_attn()(
        query, key, value, layout.cu_seqlens, layout.cu_seqlens, layout.max_seqlen, layout.max_seqlen)


def padded_attention(qkv: Tensor, layout: SequenceLayout, dropout: float) -> Tensor:
    query, key, value = to_grid(qkv, layout)
    mask = layout.key_mask[:, None, None] if layout.is_padded else None         # (N, 1, 1, L)
    return from_grid(F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout), layout)


def products_attention(qkv: Tensor, layout: SequenceLayout, dropout: float) -> Tensor:
    query, key, value = to_grid(qkv, layout)
    scores = query * query.shape[-1] ** -0.5 @ key.transpose(2, 3)              # (N, heads, L, L)
    if layout.is_padded:
        scores = scores + layout.key_bias.to(scores.dtype)
    return from_grid(drop(scores.softmax(dim=-1), dropout, training=True) @ value, layout)


def to_grid(qkv: Tensor, layout: SequenceLayout) -> Tensor:
    """(T, 3, heads, head size) to queries, keys and values, (3, N, heads, L, head size), padded with zeros."""
    places = layout.num_sequences * layout.max_seqlen
    if layout.is_padded:
        qkv = qkv.new_zeros(places, *qkv.shape[1:]).index_copy(0, layout.grid_index, qkv)
    return qkv.unflatten(0, (layout.num_sequences, layout.max_seqlen)).permute(2, 0, 3, 1, 4)


def from_grid(attended: Tensor, layout: SequenceLayout) -> Tensor:
    """(N, heads, L, head size) to (T, heads, head size)."""
    attended = attended.transpose(1, 2).flatten(0, 1)                           # (N * L, heads, head size)
    return attended.index_select(0, layout.grid_index) if layout.is_padded else attended


BACKENDS = dict(varlen=varlen_attention, padded=padded_attention, products=products_attention)


class PackedSelfAttention(nn.Module):
    """Multi-head self-attention with its projections.

    Args:
        hidden_size (int): H.
        num_heads (int): Attention heads; divides H.
        dropout (float): Probability of zeroing an attention weight in training.
        backend (str): See `packed_attention`.
    """

    def __init__(self, *, hidden_size: int, num_heads: int, dropout: float = 0.1, backend: str = 'auto'):
        super().__init__()
        if hidden_size % num_heads:
            raise InputError(f'hidden_size={hidden_size} is not a multiple of num_heads={num_heads}')
        if backend not in ('auto', *BACKENDS):
            raise InputError(f'attention backend {backend!r} is none of auto, {", ".join(BACKENDS)}')
        check_probability(dropout)
        self.num_heads = num_heads
        self.dropout = dropout
        self.backend = backend
        self.qkv = nn.Linear(hidden_size, 3 * hidden_size)
        self.output = nn.Linear(hidden_size, hidden_size)

    def forward(self, hidden: Tensor, layout: SequenceLayout) -> Tensor:
        """(T, H) to (T, H)."""
        qkv = self.qkv(hidden).unflatten(1, (3, self.num_heads, -1))            # (T, 3, heads, head size)
        dropout = self.dropout if self.training else 0.0
        return self.output(packed_attention(qkv, layout, dropout=dropout, backend=self.backend).flatten(1))
