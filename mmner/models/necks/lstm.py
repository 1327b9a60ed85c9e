import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mmner.models.layers import Dropout, UnitGrid
from mmner.models.necks.base import BaseNeck
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError


@MODELS.register_module()
class LSTMNeck(BaseNeck):
    """A bidirectional LSTM over the units of each sample.

    Source: https://arxiv.org/abs/1508.01991

    Args:
        neck (dict): Config of the neck that brings tokens to units, whose vectors the LSTM reads.
        hidden_size (int): H, of the vectors that come and those that go; half of it reads forward, half backward.
        num_layers (int): LSTMs upon each other.
        dropout (float): Probability of zeroing a value of the outcome.

    Raises:
        InputError: `hidden_size` is odd.
    """

    def __init__(self, *, neck: dict, hidden_size: int, num_layers: int = 1, dropout: float = 0.1,
                 init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        if hidden_size % 2:
            raise InputError(f'LSTMNeck: hidden_size={hidden_size} is odd; each of its two directions gives half of it')
        self.neck = MODELS.build(neck)
        self.lstm = nn.LSTM(hidden_size, hidden_size // 2, num_layers, batch_first=True, bidirectional=True)
        self.dropout = Dropout(dropout)

    def attach(self, encoder: nn.Module) -> None:
        self.neck.attach(encoder)

    def forward(self, tokens: Tensor, batch: PackedBatch) -> Tensor:
        units = self.neck(tokens, batch)                                                    # (U, H)
        if not batch.num_units:     # a gradient of 0 for each weight
            return units + 0 * sum(weight.sum() for weight in self.lstm.parameters())
        grid, lengths = UnitGrid(batch.cu_units, units.device), batch.cu_units.diff()
        # autocast on CUDA casts an LSTM to float16, in which gradients vanish (pytorch/pytorch#42385)
        with torch.autocast('cuda', enabled=False):
            rows = grid.rows(units.float() if units.is_cuda else units)
            sequences = pack_padded_sequence(rows, lengths[lengths > 0], batch_first=True, enforce_sorted=False)
            rows, _ = pad_packed_sequence(self.lstm(sequences)[0], batch_first=True)        # (N, L, H)
        return self.dropout(grid.units(rows))
