from torch import Tensor, nn

from mmner.models.encoders.pretrained import to_bert_encoder
from mmner.models.weights import load_whole, state_dict

MMOCR_ENCODER = 'encoder.bert.'


def load_model(model: nn.Module, checkpoint: dict, source: str) -> None:
    """Load a whole model from what a checkpoint file of mmner or of MMOCR 0.x holds.

    Raises:
        InputError: The checkpoint does not name every weight in its shape.
    """
    weights = {key.removeprefix('module.'): value for key, value in state_dict(checkpoint, source).items()}
    if any(key.startswith(MMOCR_ENCODER) for key in weights):
        weights = from_mmocr(weights, source)
    load_whole(model, weights, source)


def from_mmocr(weights: dict[str, Tensor], source: str) -> dict[str, Tensor]:
    """MMOCR 0.x names (`encoder.bert...`, `decoder.classifier...`) to those of NERModel."""
    encoder = to_bert_encoder({key: value for key, value in weights.items() if key.startswith(MMOCR_ENCODER)}, source)
    others = {key: value for key, value in weights.items() if not key.startswith(MMOCR_ENCODER)}
    return others | {f'encoder.{key}': value for key, value in encoder.items()}
