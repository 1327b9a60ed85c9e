import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from safetensors.torch import load_file, save_file

from mmner.models.encoders import BertEncoder, PretrainedBertEncoder
from mmner.structures import PackedBatch
from mmner.utils import InputError
from tests.runs import ROOT

FAMILIES = ('bert', 'xlmr', 'electra', 'albert')


@pytest.fixture
def folder(shared):
    return shared / 'golden/transformers'


def packed(input_ids: np.ndarray, mask: np.ndarray) -> PackedBatch:
    """Padded rows as one packed batch of tokens without units."""
    lengths = mask.sum(1)
    nothing = torch.zeros(0, dtype=torch.long)
    return PackedBatch(
        input_ids=torch.from_numpy(input_ids[mask]), max_seqlen=int(lengths.max()), max_id=0,
        position_ids=torch.from_numpy(np.concatenate([np.arange(length) for length in lengths])),
        cu_seqlens=torch.tensor([0, *np.cumsum(lengths)], dtype=torch.int32),
        unit_to_token=nothing, unit_ids=nothing, unit_places=nothing, cu_units=nothing, samples=[])


def difference(encoder: BertEncoder, expected) -> float:
    """The largest difference from what transformers computed, over the tokens that are not padding."""
    mask = expected['attention_mask'].astype(bool)
    with torch.no_grad():
        hidden = encoder.eval()(packed(expected['input_ids'], mask)).numpy()
    return np.abs(hidden - expected['last_hidden_state'][mask]).max()


@pytest.mark.parametrize('family', FAMILIES)
def test_hidden_states_equal_those_of_transformers(folder, family):
    encoder = PretrainedBertEncoder(checkpoint=str(folder / family))
    encoder.init_weights()
    assert difference(encoder, np.load(folder / family / 'expected.npz')) < 1e-4


def test_old_names_and_prefix(folder, tmp_path):
    """A `pytorch_model.bin` of 2018: gamma and beta, a `bert.` prefix, a pooler and heads beside the encoder."""
    old = {f'bert.{key}'.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'):
           value for key, value in load_file(folder / 'bert/model.safetensors').items()}
    assert 'bert.pooler.dense.weight' in old and 'bert.embeddings.LayerNorm.gamma' in old
    torch.save({**old, 'cls.predictions.bias': torch.zeros(200)}, tmp_path / 'pytorch_model.bin')
    (tmp_path / 'config.json').write_text((folder / 'bert/config.json').read_text())
    encoder = PretrainedBertEncoder(checkpoint=str(tmp_path))
    encoder.init_weights()
    assert difference(encoder, np.load(folder / 'bert/expected.npz')) < 1e-4


def test_pretraining_checkpoint_gives_its_encoder(folder):
    encoder = PretrainedBertEncoder(checkpoint=str(folder / 'bert_pretraining'))
    encoder.init_weights()
    words = load_file(folder / 'bert_pretraining/model.safetensors')['bert.embeddings.word_embeddings.weight']
    assert torch.equal(encoder.embeddings.word.weight, words)


def test_mmocr_pretrained_encoder_loads(shared):
    """`bert_pretrain.pth` and the whole model have different weights under the same names; both fit."""
    file = shared / 'golden/mmocr_063/bert_pretrain_legacy.pth'
    encoder = BertEncoder(hidden_size=16, num_layers=2, num_heads=2, intermediate_size=32, activation='gelu_tanh',
                          init_cfg=dict(type='Pretrained', checkpoint=str(file)))
    encoder.init_weights()
    theirs = torch.load(file, weights_only=True)
    assert torch.equal(encoder.layers[1].attention.qkv.weight[16:32],
                       theirs['bert.encoder.layer.1.attention.self.key.weight'])


def test_the_published_run_takes_a_folder_of_either_kind(folder, shared, tmp_path, monkeypatch):
    """The config.json of Google's weights asks for GELU; MMOCR computes its approximation by tanh."""
    logged = []
    monkeypatch.setattr('mmner.models.encoders.pretrained.print_log', lambda line, **_: logged.append(line))
    pretrained = Config.fromfile(ROOT / 'configs/bert_softmax/bert_softmax_cluener_18e.py').pretrained
    assert not Path(pretrained).suffix
    shutil.copy(shared / 'golden/mmocr_063/bert_pretrain_legacy.pth', tmp_path / 'bert_pretrain.pth')
    BertEncoder(hidden_size=16, num_layers=2, num_heads=2, intermediate_size=32, activation='gelu_tanh',
                init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path))).init_weights()
    assert not logged
    encoder = small_bert(folder / 'bert', activation='gelu_tanh')
    encoder.init_weights()
    assert encoder.layers[0].activation == 'gelu_tanh'
    assert logged == [
        f"{folder / 'bert'}: activation='gelu_tanh' instead of 'gelu', which its config.json asks for"]


@pytest.mark.parametrize('content', ['[]', '{"model_type": "xlm-roberta", "pad_token_id": null}', 'null'])
def test_a_config_that_is_none_is_named(folder, tmp_path, content):
    shutil.copy(folder / 'bert/model.safetensors', tmp_path)
    (tmp_path / 'config.json').write_text(content)
    with pytest.raises(InputError, match='config.json: not the config of a BERT-like encoder'):
        PretrainedBertEncoder(checkpoint=str(tmp_path))


def small_bert(checkpoint, **changes) -> BertEncoder:
    sizes = dict(vocab_size=200, hidden_size=24, num_layers=2, num_heads=3, intermediate_size=40, max_length=64)
    return BertEncoder(**(sizes | changes), init_cfg=dict(type='Pretrained', checkpoint=str(checkpoint)))


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(num_layers=3), 'missing: 12 keys'),
    (dict(num_layers=1), 'unexpected: 12 keys'),
    (dict(vocab_size=100), r'of another size: 1 keys \(embeddings.word.weight \(200, 24\) instead of \(100, 24\)'),
])
def test_partial_fit_is_an_error_that_lists_the_keys(folder, changes, message):
    encoder = small_bert(folder / 'bert/model.safetensors', **changes)
    before = encoder.embeddings.word.weight.clone()
    with pytest.raises(InputError, match=message):
        encoder.init_weights()
    assert torch.equal(encoder.embeddings.word.weight, before), 'nothing may be loaded by half'


def test_config_that_computes_otherwise_is_refused(folder):
    with pytest.raises(InputError, match="activation='relu' instead of 'gelu'"):
        small_bert(folder / 'bert', activation='relu').init_weights()


def test_a_key_that_nobody_knows_is_named(folder, tmp_path):
    weights = load_file(folder / 'bert/model.safetensors')
    save_file({**weights, 'encoder.layer.0.adapter.weight': torch.zeros(2)}, tmp_path / 'model.safetensors')
    with pytest.raises(InputError, match='unexpected: 1 keys .*adapter'):
        small_bert(tmp_path / 'model.safetensors').init_weights()


def test_an_unknown_model_type_is_refused(folder, tmp_path):
    config = json.loads((folder / 'bert/config.json').read_text())
    (tmp_path / 'config.json').write_text(json.dumps({**config, 'model_type': 'gpt2'}))
    save_file(load_file(folder / 'bert/model.safetensors'), tmp_path / 'model.safetensors')
    with pytest.raises(InputError, match="model_type 'gpt2' is none of bert"):
        PretrainedBertEncoder(checkpoint=str(tmp_path))


def test_url_brings_weights_and_config(folder, tmp_path, monkeypatch, serve):
    monkeypatch.setenv('MMNER_CACHE', str(tmp_path))
    url = serve(folder / 'bert')
    encoder = PretrainedBertEncoder(checkpoint=f'{url}/model.safetensors')
    encoder.init_weights()
    assert difference(encoder, np.load(folder / 'bert/expected.npz')) < 1e-4
    with pytest.raises(InputError, match='404'):
        PretrainedBertEncoder(checkpoint=f'{url}/absent.safetensors')
