"""Batches and small models for the tests of the model's parts."""
import numpy as np
import pytest
import torch

from mmner.datasets import pack_samples
from mmner.models import NERModel
from mmner.structures import NERDataSample, PackedBatch
from mmner.structures.lexicon_features import tags_key

HIDDEN, VOCABULARY = 16, 50
CATEGORIES = ['person', 'place']
TAGS = ['noun', 'name']        # of the lexicon
NECK_ARGUMENTS = dict(
    LexiconNeck=dict(hidden_size=HIDDEN, tags=TAGS, feature_size=6, neck=dict(type='mmner.FirstTokenNeck')),
    CharFusionNeck=dict(hidden_size=HIDDEN, embedding_size=HIDDEN),
    LSTMNeck=dict(hidden_size=HIDDEN, neck=dict(type='mmner.FirstTokenNeck')))

SPAN_DECODER = dict(neck='FirstTokenNeck', decoder=dict(tag_scheme=None, categories=['person', 'place']))
# What a decoder needs in the model besides a hidden size and a tag scheme. One more decoder is one more line.
DECODERS = {
    'SoftmaxDecoder': dict(neck='FirstTokenNeck'),
    'CRFDecoder': dict(neck='FirstTokenNeck'),
    'PartialCRFDecoder': dict(neck='FirstTokenNeck'),
    'EfficientGlobalPointerDecoder': SPAN_DECODER,
    'GlobalPointerDecoder': SPAN_DECODER,
    'SpanDecoder': SPAN_DECODER,
    'BiaffineDecoder': dict(neck='FirstTokenNeck', decoder=SPAN_DECODER['decoder'] | dict(head_size=8)),
    'W2NERDecoder': dict(neck='FirstTokenNeck', decoder=SPAN_DECODER['decoder'] | dict(
        channels=8, place_size=4, head_size=8, dropout=0.0)),
    'MMOCRSoftmaxDecoder': dict(decoder=dict(tag_scheme=dict(type='MMOCRScheme', categories=['person', 'place']))),
}
NECKS = ('FirstTokenNeck', 'CharFusionNeck', 'LSTMNeck', 'LexiconNeck')


def config_of(decoder: str) -> dict:
    config = DECODERS[decoder]
    return config | dict(decoder=dict(type=f'mmner.{decoder}') | config.get('decoder', {}))


def make_sample(units, *, windows=None, tokens=None, spans=(), unit_offsets=None, first_id=5) -> dict:
    """One sample as `PackNERInputs` gives it; a unit's token is at least 1, behind [CLS].

    Of the n-th unit a lexicon tells the n-th of its 8 features, then the first again.

    Args:
        units (list[int]): For each unit, the token that stands for it.
        windows (list[int], optional): Lengths of the sequences; None: one that holds all units and [SEP].
        tokens (list[int], optional): Ids of all tokens; None: rising from `first_id`.
        spans (list): Gold as (label, first unit, end unit).
        unit_offsets (list, optional): Offsets of given words; None: every character is a unit.
    """
    windows = windows or [max(units, default=0) + 2]
    unit_to_token = np.array(units, np.int64)
    ids = np.array(tokens) if tokens else first_id + np.arange(sum(windows)) % (VOCABULARY - first_id)
    return dict(
        inputs=dict(input_ids=ids, sequence_lengths=windows, unit_to_token=unit_to_token,
                    unit_ids=(3 * np.arange(len(units)) + first_id) % VOCABULARY, lexicon_units=np.arange(len(units)),
                    lexicon_ids=np.arange(len(units)) % 8, lexicon_key=tags_key(sorted(TAGS))),
        data_samples=NERDataSample(
            index=0, text='字' * (len(units) * 4), unit_spans=list(spans),
            unit_offsets=None if unit_offsets is None else np.array(unit_offsets)))


@pytest.fixture
def sample():
    """The function `make_sample`."""
    return make_sample


@pytest.fixture
def pack():
    """Samples, or token counts of sequences whose every inner token is a unit, to a packed batch."""
    def packed(*items) -> PackedBatch:
        return pack_samples([item if isinstance(item, dict) else make_sample(
            list(range(1, item - 1)), windows=[item], first_id=5 + 7 * index) for index, item in enumerate(items)])
    return packed


def model_config(*, encoder=None, neck=None, decoder=None, **changes) -> dict:
    """Arguments of a tiny NERModel; `encoder` and `decoder` change single arguments of theirs, None takes one away.

    Without a neck its decoder is the one that reads the vectors of tokens.
    """
    decoder = dict(type='mmner.SoftmaxDecoder' if neck else 'mmner.MMOCRSoftmaxDecoder', hidden_size=HIDDEN,
                   tag_scheme=dict(type='BIO', categories=CATEGORIES)) | (decoder or {})
    return dict(
        encoder=dict(type='mmner.BertEncoder', vocab_size=VOCABULARY, hidden_size=HIDDEN, num_layers=2, num_heads=2,
                     intermediate_size=24, max_length=512, **(encoder or {})),
        neck=neck and dict(type=f'mmner.{neck}', **NECK_ARGUMENTS.get(neck, {})),
        decoder={name: value for name, value in decoder.items() if value is not None},
        data_preprocessor=dict(type='mmner.NERDataPreprocessor')) | changes


@pytest.fixture
def build():
    """Builds a tiny NERModel with always the same weights, none of them 0 or 1; arguments as for `model_config`."""
    def built(**changes) -> NERModel:
        torch.manual_seed(0)
        model = NERModel(**model_config(**changes))
        model.init_weights()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
        return model
    return built


@pytest.fixture
def taught_by(build, tmp_path):
    """Writes teachers, each with its own weights, to files; gives the config of the objective that names them."""
    def written(*, weight: float = 0.25, temperature: float = 3.0, seeds: tuple[int, ...] = (7,), **changes) -> dict:
        config = model_config(**dict(neck='FirstTokenNeck') | changes)
        file = tmp_path / 'teacher.py'
        file.write_text(f"default_scope = 'mmner'\nmodel = dict(type='NERModel', **{config})\n")
        teachers = [dict(config=str(file), checkpoint=str(tmp_path / f'teacher{seed}.pth')) for seed in seeds]
        for seed, teacher in zip(seeds, teachers, strict=True):
            torch.manual_seed(seed)
            torch.save(dict(state_dict=NERModel(**config).state_dict()), teacher['checkpoint'])
        return dict(type='mmner.Distillation', teachers=teachers, temperature=temperature, weight=weight)
    return written


def without_dropout(model: NERModel) -> None:
    for module in model.modules():
        for name in ('probability', 'dropout'):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)
