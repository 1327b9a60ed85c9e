"""The seed's program, number by number: a tiny model that MMOCR 0.6.3 trained (../shared/golden/mmocr_063)."""
import json

import numpy as np
import pytest
import torch

from mmner.datasets import CLUENERReader, pack_samples
from mmner.datasets.transforms import PackNERInputs, Tokenize
from mmner.evaluation.functional import mmocr_counts, total
from mmner.models import NERModel
from mmner.models.checkpoint import load_model
from mmner.models.weights import read_checkpoint


@pytest.fixture(scope='module')
def golden(shared):
    return shared / 'golden/mmocr_063'


@pytest.fixture(scope='module')
def expected(golden):
    return json.loads((golden / 'expected.json').read_text())


@pytest.fixture(scope='module')
def forward(golden):
    return np.load(golden / 'forward.npz')


@pytest.fixture(scope='module')
def model(golden, expected):
    sizes = expected['config']
    model = NERModel(
        encoder=dict(type='mmner.BertEncoder', hidden_size=16, num_layers=2, num_heads=2, intermediate_size=32,
                     activation='gelu_tanh', hidden_dropout=0.0, attention_dropout=0.0),
        decoder=dict(type='mmner.MMOCRSoftmaxDecoder', hidden_size=16, dropout=0.0,
                     tag_scheme=dict(type='MMOCRScheme', categories=sizes['categories'])),
        data_preprocessor=dict(type='mmner.NERDataPreprocessor'))
    file = golden / 'bert_softmax_legacy.pth'
    load_model(model, read_checkpoint(file), str(file))
    return model


@pytest.fixture(scope='module')
def batch(shared, golden):
    tokenize = Tokenize(max_length=128, on_long='error', tokenizer=dict(
        type='BertVocabTokenizer', vocab_file=str(shared / 'vocab/bert-base-chinese/vocab.txt')))
    records = CLUENERReader()(golden / 'texts.jsonl')
    return pack_samples([PackNERInputs()(tokenize(dict(record, where=f'line {index}', sample_idx=index)))
                         for index, record in enumerate(records)])


@pytest.fixture(scope='module')
def real(forward):
    """Where the padded golden arrays hold a token."""
    return forward['mask'].astype(bool)


def test_ids_and_labels_are_equal(model, batch, forward, real):
    assert batch.input_ids.tolist() == forward['input_ids'][real].tolist()
    assert model.decoder.targets(batch).tolist() == forward['labels'][real].tolist()


def test_hidden_states_and_logits_within_1e_4(model, batch, forward, real):
    with torch.no_grad():
        hidden = model.eval().extract(batch)
        logits = model.decoder(hidden)
    np.testing.assert_allclose(hidden, forward['hidden'][real], atol=1e-4, rtol=0)
    np.testing.assert_allclose(logits, forward['logits'][real], atol=1e-4, rtol=0)


def test_loss_and_gradient_norms(model, batch, expected):
    model.zero_grad()
    loss = model.loss(batch)['loss_tag']
    loss.backward()
    assert loss.item() == pytest.approx(expected['loss'], rel=1e-5)
    ours = {name: parameter.grad for name, parameter in model.named_parameters()}
    for name, norm in expected['grad_norms'].items():
        # The gradient of a key's bias is 0 but for rounding: a softmax does not see a shift of all its inputs.
        assert gradient(ours, name).norm().item() == pytest.approx(norm, rel=1e-3, abs=1e-8), name
    assert len(expected['grad_norms']) == 5 + 2 * 16 + 2


def gradient(ours: dict, name: str) -> torch.Tensor:
    """The gradient of a parameter of MMOCR under the names of mmner."""
    for part, index in (('query', 0), ('key', 1), ('value', 2)):
        if f'.self.{part}.' in name:
            layer, kind = name.split('.')[3], name.rsplit('.', 1)[1]
            return ours[f'encoder.layers.{layer}.attention.qkv.{kind}'].chunk(3)[index]
    for theirs, mine in (
            ('bert.encoder.layer', 'encoder.layers'), ('bert.embeddings', 'encoder.embeddings'),
            ('attention.output.dense', 'attention.output'), ('attention.output.LayerNorm', 'attention_norm'),
            ('intermediate.dense', 'intermediate'), ('output.dense', 'output'), ('output.LayerNorm', 'output_norm'),
            ('_embeddings.', '.'), ('embeddings.LayerNorm', 'embeddings.norm')):
        name = name.replace(theirs, mine)
    return ours[name if name.startswith('encoder') else f'decoder.{name}']


def test_entities_and_metrics(model, batch, expected):
    with torch.no_grad():
        samples = model.eval().predict(batch)
    found = [[[entity.label, entity.start, entity.end - 1] for entity in sample.predicted] for sample in samples]
    assert found == expected['entities']
    counts = mmocr_counts([sample.entities for sample in samples], [sample.predicted for sample in samples])
    assert total(counts).f1 == expected['metrics']['all']['f1-score'] == pytest.approx(0.6822429906542056)
