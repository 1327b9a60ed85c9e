import math

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mmner.models.encoders import PretrainedBertEncoder
from mmner.models.heads import NextSentenceHead
from mmner.structures import PretrainingSample
from mmner.utils import InputError


@pytest.fixture
def golden(shared, pack):
    """An encoder with a head, a batch, and the logits that transformers computed: (5, 2)."""
    folder = shared / 'golden/transformers/bert_pretraining'
    expected = np.load(folder / 'expected.npz')
    encoder = PretrainedBertEncoder(checkpoint=str(folder)).eval()
    encoder.init_weights()
    head = NextSentenceHead(encoder=encoder)
    assert head.load_from(load_file(folder / 'model.safetensors'), str(folder))
    mask = expected['attention_mask'].astype(bool)
    batch = pack(*mask.sum(1).tolist())
    batch.input_ids = torch.from_numpy(expected['input_ids'][mask])
    batch.samples = [PretrainingSample(index=index, is_next=index < 2) for index in range(5)]
    return encoder, head, batch, expected['nsp_logits']


def test_loss_and_guesses_equal_those_of_transformers(golden):
    """Class 0 is 'follows', as in BERT."""
    encoder, head, batch, logits = golden
    with torch.no_grad():
        hidden = encoder(batch)
        np.testing.assert_allclose(head.logits(hidden, batch).numpy(), logits, atol=1e-4)
        loss = head.loss(hidden, batch)['loss_nsp']
        head.predict(hidden, batch)
    expected = [math.log(math.exp(other) + math.exp(follows)) - (follows if index < 2 else other)
                for index, (follows, other) in enumerate(logits.tolist())]
    assert loss.item() == pytest.approx(sum(expected) / 5, abs=1e-4)
    assert [sample.next_is_correct for sample in batch.samples] == [
        (index < 2) == (follows > other) for index, (follows, other) in enumerate(logits.tolist())]


def test_texts_alone_are_refused(golden):
    encoder, head, batch, _ = golden
    batch.samples = [PretrainingSample(index=index) for index in range(5)]
    with pytest.raises(InputError, match='NextSentenceHead: the samples are no pairs'):
        head.loss(torch.randn(len(batch.input_ids), 24), batch)


def test_a_pooler_without_the_classifier_is_no_head(golden):
    encoder, _, _, _ = golden
    head = NextSentenceHead(encoder=encoder)
    assert not head.load_from({'bert.pooler.dense.weight': torch.zeros(24, 24), 'bert.pooler.dense.bias':
                               torch.zeros(24)}, 'file')
