import json

import pytest
import torch

from mmner.models import NERModel
from mmner.models.checkpoint import labels_of, load_model, write_with_temperature
from mmner.models.weights import read_checkpoint
from mmner.utils import InputError
from tests.models.conftest import SPAN_DECODER


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


POINTER = SPAN_DECODER['decoder'] | dict(type='mmner.GlobalPointerDecoder', head_size=4)


@pytest.mark.parametrize(('decoder', 'own', 'trained', 'message'), [
    ({}, ['O', 'B-person', 'I-person', 'B-place', 'I-place'], ['O', 'B-place', 'I-place', 'B-person', 'I-person'],
     "label 1 of its 5 is 'B-place', that of the config 'B-person'"),
    (POINTER, ['person', 'place'], ['person', 'work'], "label 1 of its 2 is 'work', that of the config 'place'"),
    (POINTER, ['person', 'place'], ['person'], "label 1 of its 1 is 'none', that of the config 'place'")], ids=str)
def test_weights_for_other_labels_are_refused(build, decoder, own, trained, message):
    model = build(neck='CharFusionNeck', decoder=decoder)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    weights = {key: torch.randn_like(value) for key, value in before.items()}
    with pytest.raises(InputError, match=f'^here: {message}; give the config the categories of the training'):
        load_model(model, dict(state_dict=weights, labels=trained), 'here')
    assert holds(model, before) and labels_of(model) == own
    for labels in (own, 5):             # what is no list is of another program
        load_model(model, dict(state_dict=weights, labels=labels), 'here')
        assert holds(model, weights)


@pytest.mark.parametrize('wrap', [
    lambda weights: weights, lambda weights: dict(model=weights),
    lambda weights: dict(state_dict=weights, temperature=3.0, meta=dict(epoch=3), optimizer=dict(state={0: weights}))],
    ids=['bare', 'model', 'state_dict'])
def test_a_temperature_comes_with_its_checkpoint(model, weights, wrap, tmp_path):
    content, file = wrap(weights), tmp_path / 'new/a.pth'
    write_with_temperature(content, 1.7, file)
    written = read_checkpoint(file)
    if 'meta' in content:
        assert written.keys() == content.keys() and written['meta'] == content['meta']
        saved = written['optimizer']['state'][0]
        assert saved.keys() == weights.keys() and all(torch.equal(saved[key], weights[key]) for key in weights)
    load_model(model, written, 'a.pth')
    assert holds(model, weights) and model.temperature == 1.7
    write_with_temperature(written, 0.5, file)      # over the file from which the tensors are mapped
    load_model(model, read_checkpoint(file), 'a.pth')
    assert holds(model, weights) and model.temperature == 0.5
    load_model(model, dict(state_dict=weights), 'older.pth')
    assert model.temperature == 1 and [each.name for each in file.parent.iterdir()] == ['a.pth']


def test_a_checkpoint_that_cannot_be_written_stays(weights, tmp_path):
    write_with_temperature(weights, 1.7, tmp_path / 'a.pth')
    with pytest.raises(AttributeError):
        write_with_temperature(dict(state_dict=weights, meta=lambda: None), 2.0, tmp_path / 'a.pth')
    assert read_checkpoint(tmp_path / 'a.pth')['temperature'] == 1.7
    assert [each.name for each in tmp_path.iterdir()] == ['a.pth']


def test_a_link_to_a_checkpoint_stays(weights, tmp_path):
    link, target = tmp_path / 'best.pth', tmp_path / 'epoch_3.pth'
    link.symlink_to(target.name)
    for temperature in (1.7, 2.0):
        write_with_temperature(weights, temperature, link)
        assert link.is_symlink() and read_checkpoint(target)['temperature'] == temperature


@pytest.mark.parametrize('temperature', [0.0, -1.0, float('nan'), float('inf'), None, '1', torch.ones(1)], ids=str)
def test_what_is_no_temperature(model, weights, temperature):
    before = {key: value.clone() for key, value in model.state_dict().items()}
    with pytest.raises(InputError, match='^here: its temperature is .*which is no number above 0; fit it again'):
        load_model(model, dict(state_dict=weights, temperature=temperature), 'here')
    assert holds(model, before) and model.temperature == 1


def test_not_a_checkpoint(model):
    with pytest.raises(InputError, match='here: holds no state dict'):
        load_model(model, dict(meta=dict(epoch=3)), 'here')


@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_mmocr_names(shared, prefix, tmp_path):
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
    assert model.temperature == 1
    write_with_temperature(dict(state_dict=theirs), 1.7, tmp_path / 'legacy.pth')
    load_model(model, read_checkpoint(tmp_path / 'legacy.pth'), 'legacy.pth')
    assert model.temperature == 1.7 and holds(model, ours)
    del theirs['encoder.bert.encoder.layer.0.attention.self.key.weight']
    with pytest.raises(InputError, match='missing: 1 keys .encoder.layers.0.attention.qkv.weight'):
        load_model(model, theirs, 'legacy.pth')
