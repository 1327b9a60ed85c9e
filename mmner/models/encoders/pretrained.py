"""Pretrained weights of the BERT family under the names of BertEncoder."""
import json
import logging
import re
from pathlib import Path

import torch
from mmengine.logging import print_log
from torch import Tensor, nn

from mmner.models.weights import load_whole, read_weights
from mmner.utils import InputError
from mmner.utils.cache import fetch

WORD_EMBEDDING = 'embeddings.word_embeddings.weight'
OWN = 'encoder.'            # before the names of an encoder in a checkpoint of mmner
WEIGHT_FILES = ('model.safetensors', 'pytorch_model.bin', 'bert_pretrain.pth')

# What stands beside an encoder in a pretrained file: poolers, task heads and constant buffers.
NOT_ENCODER = re.compile(r'(pooler|cls|lm_head|classifier|qa_outputs|predictions|sop_classifier'
                         r'|discriminator_predictions|generator_predictions|generator_lm_head)\.'
                         r'|embeddings\.(position_ids|token_type_ids)$')

# Names of Hugging Face (BERT, RoBERTa, ELECTRA; then ALBERT) to names of BertEncoder, applied in order.
RENAMES = [(re.compile(pattern), name) for pattern, name in (
    (r'\bgamma$', 'weight'),
    (r'\bbeta$', 'bias'),
    (r'^embeddings\.(word|position|token_type)_embeddings\.', r'embeddings.\1.'),
    (r'^embeddings\.LayerNorm\.', 'embeddings.norm.'),
    (r'^(embeddings_project|encoder\.embedding_hidden_mapping_in)\.', 'embeddings.projection.'),
    (r'^encoder\.layer\.(\d+)\.', r'layers.\1.'),
    (r'^encoder\.albert_layer_groups\.0\.albert_layers\.0\.', 'layers.0.'),
    (r'\.attention\.self\.(query|key|value)\.', r'.attention.\1.'),
    (r'\.attention\.(output\.dense|dense)\.', '.attention.output.'),
    (r'\.attention\.(output\.)?LayerNorm\.', '.attention_norm.'),
    (r'\.(intermediate\.dense|ffn)\.', '.intermediate.'),
    (r'\.(output\.dense|ffn_output)\.', '.output.'),
    (r'\.(output\.LayerNorm|full_layer_layer_norm)\.', '.output_norm.'),
)]


def load_pretrained(encoder: nn.Module, checkpoint: str) -> None:
    """Load an encoder from a Hugging Face folder, file or URL, MMOCR's `bert_pretrain.pth` or a checkpoint of mmner.

    Raises:
        InputError: The weights fit only in part, or a `config.json` beside them asks for another computation.
    """
    file = weight_file(checkpoint)
    if file.with_name('config.json').is_file():
        check_architecture(encoder, checkpoint)
    weights = read_weights(file)
    if f'{OWN}embeddings.word.weight' in weights:
        weights = {key.removeprefix(OWN): value for key, value in weights.items() if key.startswith(OWN)}
    else:
        weights = to_bert_encoder(weights, str(file))
    load_whole(encoder, weights, str(file))


def to_bert_encoder(weights: dict[str, Tensor], source: str) -> dict[str, Tensor]:
    """Rename the encoder's weights in a file, under whatever prefix they stand, and join query, key and value."""
    prefixes = [key[:-len(WORD_EMBEDDING)] for key in weights if key.endswith(WORD_EMBEDDING)]
    if len(prefixes) != 1:
        raise InputError(f'{source}: expected one BERT-like encoder, found {len(prefixes)} keys that end with '
                         f'{WORD_EMBEDDING}; give weights of the BERT family')
    renamed = {}
    for key, value in weights.items():
        name = key.removeprefix(prefixes[0])
        if NOT_ENCODER.match(name) or (prefixes[0] and not key.startswith(prefixes[0])):
            continue
        for pattern, replacement in RENAMES:
            name = pattern.sub(replacement, name)
        renamed[name] = value
    return join_projections(renamed)


def join_projections(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Put the three projections of each attention into its one `qkv`."""
    joined = dict(weights)
    for name in weights:
        if '.attention.query.' in name:
            parts = [name.replace('.query.', f'.{part}.') for part in ('query', 'key', 'value')]
            if all(part in weights for part in parts):
                joined[name.replace('.query.', '.qkv.')] = torch.cat([joined.pop(part) for part in parts])
    return joined


def weight_file(checkpoint: str) -> Path:
    """The local file of weights behind a folder, a file or a URL; a URL brings its `config.json` along."""
    if re.match(r'https?://', checkpoint):
        file = fetch(checkpoint)
        fetch(checkpoint.rsplit('/', 1)[0] + '/config.json', optional=True)
        return file
    path = Path(checkpoint)
    if not path.exists():
        raise InputError(f'{checkpoint}: no such file or folder; put the pretrained weights there, as '
                         'docs/pretrained.md says, or change the path in the config')
    if not path.is_dir():
        return path
    for name in WEIGHT_FILES:
        if (path / name).is_file():
            return path / name
    raise InputError(f'{checkpoint}: the folder has none of {", ".join(WEIGHT_FILES)}; put the weights there')


def read_encoder_arguments(checkpoint: str) -> dict:
    """Arguments of BertEncoder from the `config.json` of a Hugging Face folder, file or URL."""
    file = weight_file(checkpoint).with_name('config.json')
    if not file.is_file():
        raise InputError(f'{file}: no such file; put the config.json of the weights there, or use BertEncoder with the '
                         'sizes written out')
    try:
        config = json.loads(file.read_text(encoding='utf8'))
        return encoder_arguments(config)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f'{file}: not the config of a BERT-like encoder ({type(error).__name__}: {error}); fetch it '
                         'again') from error


def encoder_arguments(config: dict) -> dict:
    """A Hugging Face config to arguments of BertEncoder."""
    activations = dict(gelu='gelu', gelu_new='gelu_tanh', gelu_pytorch_tanh='gelu_tanh', relu='relu')
    if config['model_type'] not in ('bert', 'roberta', 'xlm-roberta', 'electra', 'albert'):
        raise ValueError(f'model_type {config["model_type"]!r} is none of bert, roberta, xlm-roberta, electra, albert')
    if config.get('num_hidden_groups', 1) != 1 or config.get('inner_group_num', 1) != 1:
        raise ValueError('ALBERT with more than one group of layers is not supported')
    first_position = config['pad_token_id'] + 1 if 'roberta' in config['model_type'] else 0
    return dict(
        vocab_size=config['vocab_size'], hidden_size=config['hidden_size'], num_layers=config['num_hidden_layers'],
        num_heads=config['num_attention_heads'], intermediate_size=config['intermediate_size'],
        max_length=config['max_position_embeddings'] - first_position, first_position=first_position,
        num_token_types=config['type_vocab_size'], embedding_size=config.get('embedding_size'),
        shared_layers=config['model_type'] == 'albert', activation=activations[config['hidden_act']],
        layer_norm_eps=config['layer_norm_eps'], hidden_dropout=config.get('hidden_dropout_prob', 0.1),
        attention_dropout=config.get('attention_probs_dropout_prob', 0.1))


def check_architecture(encoder: nn.Module, checkpoint: str) -> None:
    """Refuse what the shapes of the weights cannot tell: heads, activation, epsilon, first position, shared layers.

    GELU and its approximation by tanh go for each other, with a warning: they differ by less than 0.001.
    """
    asked = read_encoder_arguments(checkpoint)
    differing = [f'{name}={given!r} instead of {asked[name]!r}' for name, given in encoder.architecture.items()
                 if given != asked[name]]
    gelus = [encoder.architecture['activation'], asked['activation']]
    if len(differing) == 1 and sorted(gelus) == ['gelu', 'gelu_tanh']:
        print_log(f'{checkpoint}: {differing[0]}, which its config.json asks for', logger='current',
                  level=logging.WARNING)
        return
    if differing:
        raise InputError(f'{checkpoint}: its config.json differs from the encoder: {", ".join(differing)}; use '
                         'PretrainedBertEncoder, which takes the sizes from that file')
