from itertools import zip_longest
from pathlib import Path

import torch
from mmengine.config import Config
from torch import Tensor, nn

from mmner.models.encoders.pretrained import to_bert_encoder
from mmner.models.weights import load_whole, read_checkpoint, state_dict
from mmner.registry import MODELS
from mmner.utils import InputError
from mmner.utils.config import building, require_model
from mmner.utils.files import aside

MMOCR_ENCODER = 'encoder.bert.'


def trained_model(config: Config, name: str, weights: str | Path, precision: str | None) -> nn.Module:
    """The model of a config, which errors call `name`, with its weights, in test mode; no precision: the config's.

    Raises:
        InputError: The config or the checkpoint is wrong, or they do not fit together.
    """
    require_model(config, name)
    checkpoint = read_checkpoint(weights)
    # The first weights, which are replaced, take no random numbers from the program or the training that loads a model.
    with building(config, name), torch.random.fork_rng(devices=[]):
        model = MODELS.build(config.model | (dict(precision=precision) if precision else {}))
    load_model(model, checkpoint, str(weights))
    return model.eval()


def load_model(model: nn.Module, checkpoint: dict, source: str) -> None:
    """Load a whole model from what a checkpoint file of mmner or of MMOCR 0.x holds.

    Its `temperature` becomes that of the file; 1 where the file has none.

    Raises:
        InputError: The checkpoint does not name every weight in its shape, it is of other labels, or its
            temperature is none.
    """
    checkpoint = in_own_form(checkpoint, source)
    temperature = checkpoint.get('temperature', 1.0)
    if not isinstance(temperature, float) or not 0 < temperature < float('inf'):
        raise InputError(f'{source}: its temperature is {temperature!r:.60}, which is no number above 0; fit it again '
                         'with tools/analysis_tools/fit_temperature.py')
    check_labels(model, checkpoint, source)
    load_whole(model, checkpoint['state_dict'], source)
    model.temperature = temperature


def labels_of(model: nn.Module) -> list[str]:
    """What the decoder's weights stand for, in their order: its tags, or its categories; of no decoder nothing."""
    decoder = getattr(model, 'decoder', None)
    scheme = getattr(decoder, 'tag_scheme', None)
    return list(scheme.tags if scheme else getattr(decoder, 'categories', ()))


def check_labels(model: nn.Module, checkpoint: dict, source: str) -> None:
    """Refuse weights that stand for other labels, or for the same in another order.

    Raises:
        InputError: They do, by the `labels` that `NERCheckpointHook` wrote.
    """
    own, trained = labels_of(model), checkpoint.get('labels')
    if not isinstance(trained, list) or own == trained:
        return
    place, theirs, ours = next((place, *pair) for place, pair in enumerate(zip_longest(trained, own, fillvalue='none'))
                               if pair[0] != pair[1])
    raise InputError(f'{source}: label {place} of its {len(trained)} is {theirs!r:.60}, that of the config '
                     f'{ours!r:.60}; give the config the categories of the training in their order, and its tag '
                     'scheme, or start from the encoder alone by its init_cfg')


def in_own_form(checkpoint: dict, source: str) -> dict:
    """What a checkpoint file holds as mmner writes it: weights by its own names in 'state_dict', the rest beside it.

    Raises:
        InputError: There are no weights.
    """
    stored = state_dict(checkpoint, source)
    weights = {key.removeprefix('module.'): value for key, value in stored.items()}
    if any(key.startswith(MMOCR_ENCODER) for key in weights):
        weights = from_mmocr(weights, source)
    beside = {key: value for key, value in checkpoint.items() if key != 'model' and key not in stored}
    return beside | dict(state_dict=weights)


def write_with_temperature(checkpoint: dict, temperature: float, file: Path) -> None:
    """Write what a checkpoint file holds, and this temperature.

    It is stored beside the weights, not as one of them: a run that changes them by resuming, averaging or training on
    does not write it, for it no longer fits.
    """
    is_bare = all(isinstance(value, Tensor) for value in checkpoint.values())
    content = dict(state_dict=checkpoint) if is_bare else checkpoint
    with aside(file) as part, part.open('wb') as sink:
        torch.save(content | dict(temperature=temperature), sink)


def from_mmocr(weights: dict[str, Tensor], source: str) -> dict[str, Tensor]:
    """MMOCR 0.x names (`encoder.bert...`, `decoder.classifier...`) to those of NERModel."""
    encoder = to_bert_encoder({key: value for key, value in weights.items() if key.startswith(MMOCR_ENCODER)}, source)
    others = {key: value for key, value in weights.items() if not key.startswith(MMOCR_ENCODER)}
    return others | {f'encoder.{key}': value for key, value in encoder.items()}
