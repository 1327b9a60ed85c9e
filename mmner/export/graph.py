"""A model as a graph of ONNX: token ids to the values of each unit, with every size free."""
import logging
import warnings
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from mmner.utils import InputError

# The inputs of the graph and the name of each of their axes.
INPUTS = dict(
    input_ids=('tokens',), position_ids=('tokens',), grid_index=('tokens',), key_mask=('sequences', 'longest'),
    unit_to_token=('units',), unit_ids=('units',), unit_places=('units',))
OUTPUT = 'values'

PACKAGES = ('onnx', 'onnxscript', 'onnxruntime')


class Units(NamedTuple):
    """What necks read of a PackedBatch; shapes as there."""
    unit_to_token: Tensor
    unit_ids: Tensor
    unit_places: Tensor


class GridLayout:
    """What attention reads of a SequenceLayout, from tensors: no shape depends on what a tensor holds.

    Args:
        grid_index (Tensor): (T,) place of each token in the flattened (N * L) grid.
        key_mask (Tensor): (N, L) bool, where the grid holds a token.
    """

    is_padded = True

    def __init__(self, grid_index: Tensor, key_mask: Tensor):
        self.grid_index = grid_index
        self.num_sequences, self.max_seqlen = key_mask.shape
        self.key_bias = torch.zeros(key_mask.shape).masked_fill(~key_mask, -torch.inf)[:, None, None]   # (N, 1, 1, L)


class ValuesGraph(nn.Module):
    """Encoder, neck and the decoder's `forward`, made of the model's own parts.

    Args:
        model (NERModel): One that `check_parts` has let pass; it stays as it is.
    """

    def __init__(self, model: nn.Module):
        super().__init__()
        model = deepcopy(model).cpu().float().eval()
        self.encoder, self.neck, self.decoder = model.encoder, model.neck, model.decoder
        for layer in self.encoder.layers:
            layer.attention.backend = 'products'

    def forward(self, input_ids: Tensor, position_ids: Tensor, grid_index: Tensor, key_mask: Tensor,
                unit_to_token: Tensor, unit_ids: Tensor, unit_places: Tensor) -> Tensor:
        """(T,) ids, positions and places in the (N, L) grid, and three (U,) of PackedBatch, to (U, F) values."""
        layout = GridLayout(grid_index, key_mask)
        units = Units(unit_to_token, unit_ids, unit_places)
        hidden = self.encoder.embeddings(input_ids, position_ids)              # (T, H)
        for _ in range(self.encoder.passes):
            for layer in self.encoder.layers:
                hidden = layer(hidden, layout)
        return self.decoder(self.neck(hidden, units))


def write_onnx(model: nn.Module, file: Path) -> None:
    """Write the ValuesGraph of a model.

    Raises:
        InputError: A package that the export needs is missing.
    """
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        raise InputError(f'{", ".join(missing)} not installed; export needs the extra export: pip install '
                         f'{" ".join(missing)}')
    graph = ValuesGraph(model).eval()
    axes = {axis: torch.export.Dim(axis) for names in INPUTS.values() for axis in names}
    shapes = {name: {place: axes[axis] for place, axis in enumerate(names)} for name, names in INPUTS.items()}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        logging.getLogger('torch.onnx').setLevel(logging.ERROR)     # it warns of axes and of a missing torchvision
        torch.onnx.export(
            graph, example(), str(file), dynamo=True, verbose=False, external_data=False, input_names=list(INPUTS),
            output_names=[OUTPUT], dynamic_shapes=shapes)


def example() -> tuple[Tensor, ...]:
    """Two sequences of 5 and 3 tokens with 4 units, in the order of INPUTS; no size is 0 or 1, which would be fixed."""
    lengths = torch.tensor([5, 3])
    key_mask = torch.arange(5) < lengths[:, None]
    sequence, position_ids = key_mask.nonzero(as_tuple=True)
    tokens = torch.zeros(8, dtype=torch.int64)
    units = torch.tensor([1, 2, 2, 6])
    return tokens, position_ids, sequence * 5 + position_ids, key_mask, units, units * 0, units * 0
