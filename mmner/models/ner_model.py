import torch
from mmengine.model import BaseModel
from torch import Tensor

from mmner.registry import MODELS
from mmner.structures import NERDataSample, PackedBatch
from mmner.utils import InputError

PRECISIONS = dict(float32=torch.float32, bfloat16=torch.bfloat16)


@MODELS.register_module()
class NERModel(BaseModel):
    """An encoder, a neck and a decoder, joined.

    Args:
        encoder (dict): Config of the encoder: batch to (T, H).
        decoder (dict): Config of the decoder: loss and entities.
        neck (dict, optional): Config of the step from (T, H) to (U, H). None: the decoder reads token vectors.
        data_preprocessor (dict, optional): Config of what brings a batch to the device.
        precision (str): 'float32', or 'bfloat16' for autocast in training and testing, on CPU and CUDA.
    """

    def __init__(self, *, encoder: dict, decoder: dict, neck: dict | None = None, data_preprocessor: dict | None = None,
                 precision: str = 'float32', init_cfg: dict | None = None):
        super().__init__(data_preprocessor or dict(type='mmner.NERDataPreprocessor'), init_cfg)
        if precision not in PRECISIONS:
            raise InputError(f'precision {precision!r} is none of {", ".join(PRECISIONS)}')
        self.precision = PRECISIONS[precision]
        self.encoder = MODELS.build(encoder)
        self.neck = MODELS.build(neck) if neck else None
        self.decoder = MODELS.build(decoder)
        if self.neck is not None:
            self.neck.attach(self.encoder)

    def forward(self, batch: PackedBatch, mode: str = 'tensor'):
        """Dispatch to `loss` (dict of losses), `predict` (list of NERDataSample) or `extract` (unit vectors)."""
        modes = dict(loss=self.loss, predict=self.predict, tensor=self.extract)
        with torch.autocast(batch.input_ids.device.type, self.precision, enabled=self.precision != torch.float32):
            return modes[mode](batch)

    def extract(self, batch: PackedBatch) -> Tensor:
        """(U, H) unit vectors; (T, H) token vectors without a neck."""
        tokens = self.encoder(batch)
        return tokens if self.neck is None else self.neck(tokens, batch)

    def loss(self, batch: PackedBatch) -> dict[str, Tensor]:
        self.num_terms = self.decoder.num_terms(batch)      # for TokenWeightedOptimWrapper, which sees no batch
        return self.decoder.loss(self.extract(batch), batch)

    def predict(self, batch: PackedBatch) -> list[NERDataSample]:
        for sample, entities in zip(batch.samples, self.decoder.predict(self.extract(batch), batch), strict=True):
            sample.predicted = entities
        return batch.samples
