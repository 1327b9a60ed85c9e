"""A BertEncoder, and heads of pre-training, under the names that Hugging Face's transformers gives them."""
import re
from collections.abc import Iterator

from torch import Tensor, nn

from mmner.models.encoders import BertEncoder
from mmner.models.encoders.pretrained import encoder_arguments
from mmner.utils import InputError

PREFIXES = {'bert': 'bert.', 'xlm-roberta': 'roberta.', 'electra': 'electra.', 'albert': 'albert.'}
ACTIVATIONS = dict(gelu='gelu', gelu_tanh='gelu_new', relu='relu')

# Names of BertEncoder to those of BERT, XLM-R and ELECTRA, and to those of ALBERT; the first pattern that fits counts.
RENAMES = [(re.compile(pattern), *names) for pattern, *names in (
    (r'^embeddings\.(word|position|token_type)\.', r'embeddings.\1_embeddings.', r'embeddings.\1_embeddings.'),
    (r'^embeddings\.norm\.', 'embeddings.LayerNorm.', 'embeddings.LayerNorm.'),
    (r'^embeddings\.projection\.', 'embeddings_project.', 'encoder.embedding_hidden_mapping_in.'),
    (r'\.attention\.(query|key|value)\.', r'.attention.self.\1.', r'.attention.\1.'),
    (r'\.attention\.output\.', '.attention.output.dense.', '.attention.dense.'),
    (r'\.attention_norm\.', '.attention.output.LayerNorm.', '.attention.LayerNorm.'),
    (r'\.intermediate\.', '.intermediate.dense.', '.ffn.'),
    (r'\.output_norm\.', '.output.LayerNorm.', '.full_layer_layer_norm.'),
    (r'\.output\.', '.output.dense.', '.ffn_output.'))]
LAYER = re.compile(r'^layers\.(\d+)\.')


def model_type(encoder: BertEncoder) -> str:
    """The `model_type` of a Hugging Face config that computes as this encoder does."""
    if encoder.architecture['shared_layers']:
        return 'albert'
    if encoder.architecture['first_position']:
        return 'xlm-roberta'
    return 'bert' if isinstance(encoder.embeddings.projection, nn.Identity) else 'electra'


def hugging_face_config(encoder: BertEncoder, *, pad_id: int, bos_id: int, eos_id: int) -> dict:
    """The content of `config.json`.

    Raises:
        InputError: There is none that computes as this encoder does.
    """
    architecture, embeddings, layer = encoder.architecture, encoder.embeddings, encoder.layers[0]
    config = {
        'model_type': model_type(encoder),
        'vocab_size': embeddings.word.num_embeddings,
        'embedding_size': embeddings.word.embedding_dim,
        'hidden_size': encoder.hidden_size,
        'num_hidden_layers': encoder.passes * len(encoder.layers),
        'num_attention_heads': architecture['num_heads'],
        'intermediate_size': layer.intermediate.out_features,
        'hidden_act': ACTIVATIONS[architecture['activation']],
        'layer_norm_eps': architecture['layer_norm_eps'],
        'max_position_embeddings': embeddings.position.num_embeddings,
        'type_vocab_size': embeddings.token_type.num_embeddings,
        'hidden_dropout_prob': layer.dropout.probability,
        'attention_probs_dropout_prob': layer.attention.dropout,
        'pad_token_id': pad_id,
        'bos_token_id': bos_id,
        'eos_token_id': eos_id,
    }
    read = encoder_arguments(config)
    differing = [f'{name}={given!r} would be {read[name]!r}' for name, given in architecture.items()
                 if given != read[name]]
    projects = not isinstance(embeddings.projection, nn.Identity)
    if (config['model_type'], projects) in (('albert', False), ('xlm-roberta', True)):
        differing.append(f'{config["model_type"]} {"with" if projects else "without"} embedding_size')
    if differing:
        raise InputError(f'no Hugging Face config holds this encoder with pad id {pad_id}: {", ".join(differing)}')
    return config


def hugging_face_weights(encoder: BertEncoder, heads=()) -> dict[str, Tensor]:
    """The weights of an encoder and of those heads that its type of model has there."""
    kind = model_type(encoder)
    weights = {PREFIXES[kind] + renamed(name, kind): value.clone()
               for name, value in split_projections(encoder.state_dict())}
    for head in heads:
        own = head.state_dict()
        weights |= {theirs: own[name] for name, theirs in head.file_names(kind).items()}
    return weights


def split_projections(weights: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Take the one `qkv` of each attention apart."""
    for name, value in weights.items():
        if '.attention.qkv.' in name:
            for part, rows in zip(('query', 'key', 'value'), value.chunk(3), strict=True):
                yield name.replace('.qkv.', f'.{part}.'), rows
        else:
            yield name, value


def renamed(name: str, kind: str) -> str:
    is_albert = kind == 'albert'
    pattern, *names = next(rename for rename in RENAMES if rename[0].search(name))
    name = pattern.sub(names[is_albert], name)
    return LAYER.sub('encoder.albert_layer_groups.0.albert_layers.0.' if is_albert else r'encoder.layer.\1.', name)
