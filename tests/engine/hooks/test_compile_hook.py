import shutil
from types import SimpleNamespace

import pytest
import torch
from torch._dynamo.utils import counters

from mmner.datasets import pack_samples
from mmner.engine import CompileHook
from mmner.models import NERModel
from mmner.structures import NERDataSample


def build(dropout: float) -> NERModel:
    torch.manual_seed(0)
    return NERModel(
        encoder=dict(type='mmner.BertEncoder', vocab_size=40, hidden_size=16, num_layers=1, num_heads=2,
                     intermediate_size=24, max_length=64, hidden_dropout=dropout, attention_dropout=dropout),
        neck=dict(type='mmner.FirstTokenNeck'),
        decoder=dict(type='mmner.SoftmaxDecoder', hidden_size=16, dropout=0.0,
                     tag_scheme=dict(type='BIO', categories=['person'])),
        data_preprocessor=dict(type='mmner.NERDataPreprocessor'))


def batch_of(*sizes: int):
    ids = torch.arange(40).numpy()
    return pack_samples([dict(
        inputs=dict(input_ids=ids[:size + 2], sequence_lengths=[size + 2], unit_to_token=ids[1:size + 1],
                    unit_ids=ids[:size]),
        data_samples=NERDataSample(index=0, text='字' * size, unit_spans=[('person', 0, 1)])) for size in sizes])


def gradient(model: NERModel, *sizes: int) -> torch.Tensor:
    model.zero_grad()
    model(batch_of(*sizes), mode='loss')['loss_tag'].backward()
    return torch.cat([weight.grad.flatten() for weight in model.parameters()])


@pytest.mark.skipif(not shutil.which('g++'), reason='torch.compile needs a C++ compiler')
def test_compiled_layers_compute_the_same_for_every_shape():
    plain, compiled = build(0.0), build(0.0)
    CompileHook().before_train(SimpleNamespace(model=compiled))
    counters.clear()
    for sizes in ((5, 9), (7, 7, 7), (30,)):
        torch.testing.assert_close(gradient(compiled, *sizes), gradient(plain, *sizes), atol=1e-5, rtol=1e-4)
    assert not counters['graph_break']
    dropped = build(0.3)
    CompileHook().before_train(SimpleNamespace(model=dropped))
    assert not torch.equal(gradient(dropped, 5, 9), gradient(dropped, 5, 9))
