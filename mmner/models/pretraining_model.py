import torch
from mmengine.logging import print_log
from mmengine.model import BaseModel, ModuleList
from torch import Tensor

from mmner.models.encoders.pretrained import weight_file
from mmner.models.weights import read_weights
from mmner.registry import MODELS
from mmner.structures import PackedBatch, PretrainingSample
from mmner.utils import InputError

PRECISIONS = ('float32', 'bfloat16')


@MODELS.register_module()
class PretrainingModel(BaseModel):
    """An encoder and the heads of its pre-training tasks, joined; the loss is the sum of theirs.

    A head is loaded from the file of the encoder's weights where that has it, as BERT's own files do. Else it begins
    with random weights. The log says which.

    Args:
        encoder (dict): Config of the encoder: batch to (T, H).
        heads (list[dict]): Configs of the heads; each is given the encoder.
        data_preprocessor (dict, optional): Config of what brings a batch to the device.
        precision (str): 'float32', or 'bfloat16' by autocast.
    """

    def __init__(self, *, encoder: dict, heads: list[dict], data_preprocessor: dict | None = None,
                 precision: str = 'float32', init_cfg: dict | None = None):
        super().__init__(data_preprocessor or dict(type='mmner.NERDataPreprocessor'), init_cfg)
        if precision not in PRECISIONS:
            raise InputError(f'precision {precision!r} is none of {", ".join(PRECISIONS)}')
        self.precision = precision
        self.encoder = MODELS.build(encoder)
        self.heads = ModuleList(MODELS.build(dict(head, encoder=self.encoder)) for head in heads)

    def forward(self, batch: PackedBatch, mode: str = 'tensor'):
        """Dispatch to `loss` (dict of losses), `predict` (list of PretrainingSample) or the encoder ((T, H))."""
        modes = dict(loss=self.loss, predict=self.predict, tensor=self.encoder)
        with torch.autocast(batch.input_ids.device.type, torch.bfloat16, enabled=self.precision != 'float32'):
            return modes[mode](batch)

    def loss(self, batch: PackedBatch) -> dict[str, Tensor]:
        # For TokenWeightedOptimWrapper. Each loss is a mean over other terms; several have no common weight.
        self.num_terms = self.heads[0].num_terms(batch) if len(self.heads) == 1 else None
        hidden = self.encoder(batch)
        return {name: value for head in self.heads for name, value in head.loss(hidden, batch).items()}

    def predict(self, batch: PackedBatch) -> list[PretrainingSample]:
        hidden = self.encoder(batch)
        for head in self.heads:
            head.predict(hidden, batch)
        return batch.samples

    def init_weights(self) -> None:
        super().init_weights()
        if not self.encoder.init_cfg:
            return
        source = str(weight_file(self.encoder.init_cfg['checkpoint']))
        weights = read_weights(source)
        for head in self.heads:
            origin = 'loaded from' if head.load_from(weights, source) else 'random weights, as it is not in'
            print_log(f'{type(head).__name__}: {origin} {source}', logger='current')
