import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mmner.models import PretrainingModel
from mmner.models.encoders import BertEncoder, PretrainedBertEncoder
from mmner.models.heads import MaskedLanguageHead
from mmner.structures import PretrainingSample
from mmner.utils import InputError


@pytest.fixture
def folder(shared):
    """A small BertForPreTraining and what transformers computed with it."""
    return shared / 'golden/transformers/bert_pretraining'


def loaded_head(folder) -> MaskedLanguageHead:
    encoder = PretrainedBertEncoder(checkpoint=str(folder))
    encoder.init_weights()
    head = MaskedLanguageHead(encoder=encoder)
    assert head.load_from(load_file(folder / 'model.safetensors'), str(folder))
    return head


def masked(pack, encoder, golden) -> tuple:
    """The golden rows as a batch in which every third token is to be guessed, and those places in the grid."""
    mask = golden['attention_mask'].astype(bool)
    batch = pack(*mask.sum(1).tolist())
    batch.input_ids = torch.from_numpy(golden['input_ids'][mask])
    batch.unit_to_token = torch.arange(0, len(batch.input_ids), 3)
    batch.unit_ids = (batch.unit_to_token * 7 + 5) % 200
    batch.cu_units = torch.searchsorted(batch.unit_to_token, batch.cu_seqlens.long())
    batch.samples = [PretrainingSample(index=index) for index in range(len(mask))]
    return batch, np.argwhere(mask)[::3]


def test_logits_and_measures_equal_those_of_transformers(folder, pack):
    golden, head = np.load(folder / 'expected.npz'), loaded_head(folder)
    encoder = PretrainedBertEncoder(checkpoint=str(folder)).eval()
    encoder.init_weights()
    batch, places = masked(pack, encoder, golden)
    logits = torch.from_numpy(golden['mlm_logits'][tuple(places.T)])                    # (M, 200)
    with torch.no_grad():
        hidden = encoder(batch)
        torch.testing.assert_close(head(hidden[batch.unit_to_token]), logits, atol=1e-4, rtol=1e-4)
        head.predict(hidden, batch)
        loss = head.loss(hidden, batch)['loss_mlm']
    surprisals = -logits.log_softmax(1)[range(len(logits)), batch.unit_ids].numpy()
    assert loss.item() == pytest.approx(surprisals.mean(), abs=1e-4)
    for row, sample in enumerate(batch.samples):
        inside = places[:, 0] == row
        assert sample.num_masked == inside.sum() > 0
        assert sample.surprisal == pytest.approx(surprisals[inside].sum(), abs=1e-3)
    best = logits.argmax(1)
    batch.unit_ids[:5] = best[:5]
    with torch.no_grad():
        head.predict(hidden, batch)
    assert sum(sample.num_correct for sample in batch.samples) == (best == batch.unit_ids).sum() >= 5


def test_nothing_masked_is_a_loss_of_0(folder, pack):
    head, batch = loaded_head(folder), pack(3, 4)
    batch.unit_to_token = batch.unit_ids = torch.zeros(0, dtype=torch.long)
    loss = head.loss(torch.randn(7, 24, requires_grad=True), batch)['loss_mlm']
    loss.backward()
    assert loss.item() == 0


def test_the_last_layer_is_the_word_embedding(folder):
    encoder = PretrainedBertEncoder(checkpoint=str(folder))
    head = MaskedLanguageHead(encoder=encoder)
    assert sorted(head.state_dict()) == ['bias', 'dense.bias', 'dense.weight', 'norm.bias', 'norm.weight']
    head(torch.randn(2, 24)).sum().backward()
    assert encoder.embeddings.word.weight.grad.abs().sum() > 0


def test_width_of_the_word_embedding():
    """ELECTRA's and ALBERT's embeddings are narrower than H."""
    encoder = BertEncoder(vocab_size=50, embedding_size=6, hidden_size=16, num_layers=1, num_heads=2,
                          intermediate_size=24)
    assert MaskedLanguageHead(encoder=encoder)(torch.randn(3, 16)).shape == (3, 50)


@pytest.mark.parametrize('model_type', MaskedLanguageHead.names)
def test_names_in_files(folder, model_type):
    head, encoder = loaded_head(folder), PretrainedBertEncoder(checkpoint=str(folder))
    names = head.file_names(model_type)
    weights = {theirs: head.state_dict()[own] for own, theirs in names.items()}
    other = MaskedLanguageHead(encoder=encoder)
    assert other.load_from(weights | dict(more=torch.zeros(1)), 'file')
    assert all(torch.equal(value, head.state_dict()[name]) for name, value in other.state_dict().items())
    weights.pop(names['norm.bias'])
    assert not MaskedLanguageHead(encoder=encoder).load_from(weights, 'file')


def test_names_of_2018_and_a_wrong_shape(folder):
    weights = {key.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'): value
               for key, value in load_file(folder / 'model.safetensors').items()}
    head = MaskedLanguageHead(encoder=PretrainedBertEncoder(checkpoint=str(folder)))
    assert head.load_from(weights, 'file') and head.norm.bias.tolist() == weights[
        'cls.predictions.transform.LayerNorm.beta'].tolist()
    with pytest.raises(InputError, match=r'of another size: 1 keys \(bias \(3,\) instead of \(200,\)\)'):
        head.load_from(weights | {'cls.predictions.bias': torch.zeros(3)}, 'file')


@pytest.mark.parametrize('has_head', [True, False])
def test_the_model_loads_a_head_that_is_there_and_says_so(folder, tmp_path, has_head):
    weights = {key: value for key, value in load_file(folder / 'model.safetensors').items()
               if has_head or not key.startswith('cls.')}
    save_file(weights, tmp_path / 'model.safetensors')
    (tmp_path / 'config.json').write_text((folder / 'config.json').read_text())
    model = PretrainingModel(encoder=dict(type='mmner.PretrainedBertEncoder', checkpoint=str(tmp_path)),
                             heads=[dict(type='mmner.MaskedLanguageHead')])
    messages = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmner.models.pretraining_model.print_log', lambda line, **_: messages.append(line))
        model.init_weights()
    assert torch.equal(model.encoder.embeddings.word.weight, weights['bert.embeddings.word_embeddings.weight'])
    expected = 'loaded from' if has_head else 'random weights, as it is not in'
    assert messages == [f'MaskedLanguageHead: {expected} {tmp_path / "model.safetensors"}']
    is_loaded = has_head and torch.equal(model.heads[0].dense.weight,
                                         weights['cls.predictions.transform.dense.weight'])
    assert is_loaded == has_head
    assert not has_head or model.heads[0].dense.weight.std() > 0
