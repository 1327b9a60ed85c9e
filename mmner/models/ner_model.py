import torch
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmner.models.layers import BFloat16Linear, Int8Linear
from mmner.registry import MODELS
from mmner.structures import Entity, NERDataSample, PackedBatch
from mmner.structures.temperature import with_temperature
from mmner.utils import InputError

# What the encoder's linear layers become in testing.
PRECISIONS = dict(float32=None, bfloat16=BFloat16Linear, int8=Int8Linear)


@MODELS.register_module()
class NERModel(BaseModel):
    """An encoder, a neck and a decoder, joined.

    Args:
        encoder (dict): Config of the encoder: batch to (T, H).
        decoder (dict): Config of the decoder: loss and entities.
        neck (dict, optional): Config of the step from (T, H) to (U, H). None: the decoder reads token vectors.
        data_preprocessor (dict, optional): Config of what brings a batch to the device.
        precision (str): 'float32'; 'bfloat16', in training by autocast, in testing with the encoder's weights held in
            it; 'int8', for testing on the CPU alone, the rest as in 'bfloat16'.
        objective (dict, optional): Config of what training minimises. None: the decoder's loss.

    Attributes:
        temperature (float): Of the scores, see `at_temperature`; 1 leaves them as the decoder gives them. It comes with
            a checkpoint for which `fit_temperature.py` found it, and training sets it back.
    """

    def __init__(self, *, encoder: dict, decoder: dict, neck: dict | None = None, data_preprocessor: dict | None = None,
                 precision: str = 'float32', objective: dict | None = None, init_cfg: dict | None = None):
        super().__init__(data_preprocessor or dict(type='mmner.NERDataPreprocessor'), init_cfg)
        if precision not in PRECISIONS:
            raise InputError(f'precision {precision!r} is none of {", ".join(PRECISIONS)}')
        self.precision = precision
        self.temperature = 1.0
        self._inference_encoder = None      # what `inference_encoder` made, and of which weights
        self.encoder = MODELS.build(encoder)
        self.neck = MODELS.build(neck) if neck else None
        self.decoder = MODELS.build(decoder)
        self._check_vectors(neck, decoder)
        if self.neck is not None:
            self.neck.attach(self.encoder)
        if isinstance(objective, (list, tuple)):
            raise InputError('objective: is a list; give one, or write one of your own that does what both do')
        self.objective = MODELS.build(objective) if objective else None
        if self.objective is not None:
            self.objective.attach(self)

    def _check_vectors(self, neck: dict | None, decoder: dict) -> None:
        """Raise an InputError where encoder, neck and decoder speak of vectors of different kinds or widths."""
        name, width = type(self.decoder).__name__, self.encoder.hidden_size
        if self.decoder.reads_tokens and neck:
            raise InputError(f'{name} reads the vectors of tokens; leave the neck out of the model')
        if not (self.decoder.reads_tokens or neck):
            raise InputError(f"{name} reads the vectors of units; give the model a neck, such as "
                             "dict(type='FirstTokenNeck')")
        parts = [decoder]
        while neck:
            parts.append(neck)
            neck = neck.get('neck')
        for part in parts:
            if part.get('hidden_size', width) != width:
                raise InputError(f'{part["type"]}: hidden_size={part["hidden_size"]}, but the encoder gives vectors of '
                                 f'{width} values; give hidden_size={width}')

    def forward(self, batch: PackedBatch, mode: str = 'tensor'):
        """Dispatch to `loss` (dict of losses), `predict` (list of NERDataSample), `score_gold` (list of list of Entity)
        or `extract` (unit vectors).
        """
        modes = dict(loss=self.loss, predict=self.predict, score_gold=self.score_gold, tensor=self.extract)
        with torch.autocast(batch.input_ids.device.type, torch.bfloat16, enabled=self.precision != 'float32'):
            return modes[mode](batch)

    def extract(self, batch: PackedBatch) -> Tensor:
        """(U, H) unit vectors; (T, H) token vectors without a neck.

        Raises:
            InputError: The neck gives another number of vectors.
        """
        is_test = not (self.training or torch.is_grad_enabled() or self.precision == 'float32')
        tokens = (self.inference_encoder() if is_test else self.encoder)(batch)
        if self.neck is None:
            return tokens
        units = self.neck(tokens, batch)
        if len(units) != batch.num_units:
            raise InputError(f'{type(self.neck).__name__} gives {len(units)} vectors for {len(tokens)} tokens and '
                             f'{batch.num_units} units; its `forward` must give one for each unit')
        return units

    def inference_encoder(self) -> nn.Module:
        """The encoder with its linear layers in `precision`, made again when its weights have changed."""
        weights = [(weight.data_ptr(), weight._version) for weight in self.encoder.parameters()]
        if self._inference_encoder is None or self._inference_encoder[0] != (self.precision, weights):
            self._inference_encoder = (self.precision, weights), self.encoder.for_inference(PRECISIONS[self.precision])
        return self._inference_encoder[1]

    def __getstate__(self) -> dict:
        return self.__dict__ | dict(_inference_encoder=None)     # a copy makes its own: oneDNN's cannot be copied

    def train(self, mode: bool = True) -> 'NERModel':
        self._inference_encoder = None      # a hook that averages weights writes to `.data`, which no version counts
        return super().train(mode)

    def loss(self, batch: PackedBatch) -> dict[str, Tensor]:
        """What training minimises: the sum of those of these losses that have 'loss' in their name.

        Raises:
            InputError: The decoder or the objective gives none, or `precision` is for testing alone.
        """
        if self.precision == 'int8':
            raise InputError("precision='int8' is for testing; train in 'bfloat16' or 'float32'")
        self.num_terms = self.decoder.num_terms(batch)      # for TokenWeightedOptimWrapper, which sees no batch
        if self.training:
            self.temperature = 1.0      # it was fitted for the weights before
        objective = self.objective if self.training else None
        losses = objective(self, batch) if objective else self.decoder_loss(batch)
        if not isinstance(losses, dict) or not any('loss' in name for name in losses):
            given = f'the values {", ".join(losses)}' if isinstance(losses, dict) else f'a {type(losses).__name__}'
            raise InputError(f'{type(objective or self.decoder).__name__} gives {given} to train by; give a dict with '
                             "a name that has 'loss' in it, as in dict(loss_tag=...)")
        return losses

    def decoder_loss(self, batch: PackedBatch) -> dict[str, Tensor]:
        """The losses of one pass."""
        return self.decoder.loss(self.extract(batch), batch)

    def predict(self, batch: PackedBatch) -> list[NERDataSample]:
        """The samples of the batch, with what is predicted.

        Raises:
            InputError: The decoder gives no list of entities for one, or one too many.
        """
        found = with_temperature(self.decoder.predict(self.extract(batch), batch), self.temperature)
        if len(found) != len(batch.samples):
            raise InputError(f'{type(self.decoder).__name__} gives {len(found)} lists of entities for '
                             f'{len(batch.samples)} samples; its `predict` must give one for each')
        for sample, entities in zip(batch.samples, found, strict=True):
            sample.predicted = entities
        return batch.samples

    def score_gold(self, batch: PackedBatch) -> list[list[Entity]]:
        """The gold entities of each sample with the probability that the model gives them, see `BaseDecoder`."""
        return with_temperature(self.decoder.score_gold(self.extract(batch), batch), self.temperature)
