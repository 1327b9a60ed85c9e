import json

import pytest
import torch

from mmner.models import NERModel
from mmner.models.checkpoint import load_model
from mmner.models.weights import read_checkpoint
from mmner.utils import InputError


@pytest.fixture
def model(build):
    return build(neck='CharFusionNeck')


@pytest.fixture
def weights(model):
    """Weights that fit the model and are not its own."""
    return {key: torch.randn_like(value) for key, value in model.state_dict().items()}


def holds(model, weights) -> bool:
    found = model.state_dict()
    return found.keys() == weights.keys() and all(torch.equal(found[key], weights[key]) for key in weights)


@pytest.mark.parametrize('prefix', ['', 'module.'])
@pytest.mark.parametrize('wrap', [lambda weights: weights, lambda weights: dict(state_dict=weights, meta={})],
                         ids=['bare', 'state_dict'])
def test_checkpoints_of_mmner_and_of_distributed_runs(model, weights, prefix, wrap):
    assert not holds(model, weights)
    load_model(model, wrap({f'{prefix}{key}': value for key, value in weights.items()}), 'here')
    assert holds(model, weights)


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(neck='CharFusionNeck', encoder=dict(first_position=2)), 'of another size: 1 keys .*position'),
    (dict(neck='FirstTokenNeck'), 'unexpected: .*neck.place'),
    (dict(neck='CharFusionNeck', encoder=dict(embedding_size=8)), 'missing: .*projection'),
    (dict(neck='CharFusionNeck', decoder=dict(tag_scheme=dict(type='BIO', categories=['person']))),
     r'of another size: 2 keys \(decoder.classifier.weight \(5, 16\) instead of \(3, 16\)'),
])
def test_another_model_is_refused_and_stays_as_it_was(build, weights, changes, message):
    if 'embedding_size' in changes.get('encoder', {}):
        changes = changes | dict(neck='FirstTokenNeck')
    other = build(**changes)
    before = {key: value.clone() for key, value in other.state_dict().items()}
    with pytest.raises(InputError, match=message) as caught:
        load_model(other, dict(state_dict=weights), 'epoch_3.pth')
    assert str(caught.value).startswith('epoch_3.pth: does not fit the model') and '\n' not in str(caught.value)
    assert holds(other, before)


def test_not_a_checkpoint(model):
    with pytest.raises(InputError, match='here: holds no state dict'):
        load_model(model, dict(meta=dict(epoch=3)), 'here')


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_mmocr_names(shared, prefix):
    """Weights of MMOCR 0.x come to their places; what they compute there is held by test_mmocr_parity."""
    folder = shared / 'golden/mmocr_063'
    categories = json.loads((folder / 'expected.json').read_text())['config']['categories']
    model = NERModel(
        encoder=dict(type='mmner.BertEncoder', hidden_size=16, num_layers=2, num_heads=2, intermediate_size=32),
        decoder=dict(type='mmner.MMOCRSoftmaxDecoder', hidden_size=16,
                     tag_scheme=dict(type='MMOCRScheme', categories=categories)))
    theirs = read_checkpoint(folder / 'bert_softmax_legacy.pth')['state_dict']
    load_model(model, dict(state_dict={f'{prefix}{key}': value for key, value in theirs.items()}), 'legacy.pth')
    ours = model.state_dict()
    assert torch.equal(ours['decoder.classifier.bias'], theirs['decoder.classifier.bias'])
    assert torch.equal(ours['encoder.layers.1.attention.qkv.weight'], torch.cat([
        theirs[f'encoder.bert.encoder.layer.1.attention.self.{part}.weight'] for part in ('query', 'key', 'value')]))
    used = [value.numel() for key, value in theirs.items() if 'pooler' not in key]
    assert sum(value.numel() for value in ours.values()) == sum(used)
    del theirs['encoder.bert.encoder.layer.0.attention.self.key.weight']
    with pytest.raises(InputError, match='missing: 1 keys .encoder.layers.0.attention.qkv.weight'):
        load_model(model, theirs, 'legacy.pth')
