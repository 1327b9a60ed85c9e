import dataclasses

import pytest
import torch
import torch.nn.functional as F

from mmner.models.encoders import BertEncoder
from mmner.models.layers import ACTIVATIONS
from mmner.utils import InputError

SIZES = dict(vocab_size=50, hidden_size=16, num_layers=2, num_heads=2, intermediate_size=24, max_length=64)


def encoder(**changes) -> BertEncoder:
    """A small encoder with random weights, LayerNorms included, that computes without dropout."""
    torch.manual_seed(0)
    module = BertEncoder(**(SIZES | changes)).eval().requires_grad_(False)
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return module


def padded_reference(module: BertEncoder, sequences, first_position: int = 0) -> list:
    """The same weights as BERT computes them in a padded batch: masked scores get -10000, erf GELU, post-norm."""
    longest = max(map(len, sequences))
    ids = torch.stack([F.pad(ids, (0, longest - len(ids))) for ids in sequences])                    # (N, L)
    mask = torch.stack([(torch.arange(longest) < len(ids)) for ids in sequences])
    embeddings = module.embeddings
    hidden = embeddings.word.weight[ids] + embeddings.token_type.weight[0]
    hidden = embeddings.norm(hidden + embeddings.position.weight[first_position:first_position + longest])
    hidden = embeddings.projection(hidden)
    for layer in module.layers:
        query, key, value = (part.unflatten(2, (2, 8)).transpose(1, 2)
                             for part in layer.attention.qkv(hidden).chunk(3, dim=2))                # (N, 2, L, 8)
        scores = query @ key.transpose(2, 3) / 8 ** 0.5 + (~mask)[:, None, None] * -10000.0
        attended = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        hidden = layer.attention_norm(hidden + layer.attention.output(attended))
        widened = layer.intermediate(hidden)
        widened = widened * 0.5 * (1 + torch.erf(widened / 2 ** 0.5))
        hidden = layer.output_norm(hidden + layer.output(widened))
    return [row[:len(ids)] for row, ids in zip(hidden, sequences, strict=True)]


@pytest.mark.parametrize('changes', [{}, dict(embedding_size=6), dict(attention_backend='products'),
                                     dict(first_position=2)], ids=str)
def test_packed_equals_padded_and_alone(pack, changes):
    module, batch = encoder(**changes), pack(3, 64, 2, 17)
    hidden = module(batch)
    assert hidden.shape == (86, 16)
    sequences = batch.input_ids.split([3, 64, 2, 17])
    expected = torch.cat(padded_reference(module, sequences, changes.get('first_position', 0)))
    torch.testing.assert_close(hidden, expected, atol=1e-5, rtol=1e-5)
    for index, part in enumerate(hidden.split([3, 64, 2, 17])):
        alone = pack(len(part))
        alone.input_ids = sequences[index]
        torch.testing.assert_close(module(alone), part, atol=1e-5, rtol=1e-5)


def test_too_long_a_sequence_is_refused(pack):
    with pytest.raises(InputError, match='a sequence of 65 tokens, but the encoder reads 64; set max_length=64'):
        encoder()(pack(3, 65))
    pair = pack(65)
    pair.token_types = torch.zeros(65, dtype=torch.long)
    with pytest.raises(InputError, match='set max_length=32 in Tokenize'):       # 32 and 32 with one [CLS]: 63
        encoder()(pair)


def test_first_position_leaves_max_length_and_adds_rows(pack):
    module = encoder(first_position=2)
    assert module.embeddings.position.num_embeddings == 66
    module.embeddings.position.weight[:2] = float('nan')             # rows 0 and 1 are never read
    assert module(pack(64, 5)).isfinite().all()


def test_shared_layers_are_one_layer_applied_many_times(pack):
    shared, separate = encoder(shared_layers=True, num_layers=3), encoder(num_layers=3)
    assert len(shared.layers) == 1
    weights = shared.state_dict()
    weights |= {key.replace('layers.0.', f'layers.{layer}.'): value for key, value in weights.items()
                if key.startswith('layers.0.') for layer in (1, 2)}
    separate.load_state_dict(weights)
    batch = pack(4, 9)
    torch.testing.assert_close(shared(batch), separate(batch), atol=1e-6, rtol=0)
    one = encoder(shared_layers=True, num_layers=1)
    one.load_state_dict(shared.state_dict())
    assert not torch.allclose(one(batch), shared(batch), atol=1e-2)


def test_embedding_size_is_projected():
    module = encoder(embedding_size=6)
    assert module.embeddings.word.weight.shape == (50, 6)
    assert module.embeddings.norm.weight.shape == (6,)
    assert module.embeddings.projection.weight.shape == (16, 6)
    assert not list(encoder().embeddings.projection.parameters())


def test_init_weights_draws_as_bert():
    module = BertEncoder(vocab_size=500, hidden_size=64, num_layers=2, num_heads=2, intermediate_size=128)
    module.init_weights()
    for name, parameter in module.named_parameters():
        if 'norm' in name:
            assert parameter.unique().tolist() == [1.0 if name.endswith('weight') else 0.0], name
        elif name.endswith('bias'):
            assert not parameter.any(), name
        elif parameter.numel() > 1000:
            assert parameter.std().item() == pytest.approx(0.02, rel=0.1), name
            assert parameter.mean().item() == pytest.approx(0, abs=0.002), name


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(activation='swish'), "activation 'swish' is none of gelu, gelu_tanh, relu"),
    (dict(num_heads=3), 'hidden_size=16 is not a multiple of num_heads=3'),
    (dict(attention_backend='fast'), "attention backend 'fast'"),
    (dict(init_cfg=dict(type='Xavier')), "init_cfg={'type': 'Xavier'} is not dict.type='Pretrained', checkpoint=...."),
    (dict(init_cfg=dict(checkpoint='x')), "init_cfg={'checkpoint': 'x'} is not"),
    (dict(init_cfg=dict(type='Pretrained', checkpont='x')), "'checkpont': 'x'} is not"),
])
def test_mistakes_in_arguments(changes, message):
    with pytest.raises(InputError, match=message):
        BertEncoder(**(SIZES | changes))


@pytest.mark.parametrize(('activation', 'at_1'), [('gelu', 0.841345), ('gelu_tanh', 0.841192), ('relu', 1.0)])
def test_activations(activation, at_1):
    layer = encoder(activation=activation).layers[0]
    assert ACTIVATIONS[layer.activation](torch.tensor([1.0])).item() == pytest.approx(at_1, abs=1e-6)


def test_dropout_only_when_training(pack):
    module, batch = encoder(), pack(5, 9)
    assert torch.equal(module(batch), module(batch))
    module.train()
    assert not torch.equal(module(batch), module(batch))


def test_a_vocabulary_of_another_size_is_named(pack):
    batch = dataclasses.replace(pack(3), max_id=7)
    with pytest.raises(InputError, match='token id 7, but the encoder has 5 words'):
        BertEncoder(vocab_size=5, hidden_size=4, num_layers=1, num_heads=1, intermediate_size=4)(batch)
