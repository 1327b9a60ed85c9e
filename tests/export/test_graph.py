import pytest
import torch

from mmner.datasets import pack_samples
from mmner.export.description import check_parts
from mmner.export.graph import INPUTS, OUTPUT, ValuesGraph, write_onnx
from mmner.models import *  # noqa: F403, registers what configs name
from mmner.registry import MODELS
from mmner.structures import NERDataSample, PackedBatch
from mmner.utils import InputError

ALBERT_LIKE = dict(shared_layers=True, num_layers=3, embedding_size=8, first_position=2, activation='relu')
NECKS = dict(FirstTokenNeck=dict(type='mmner.FirstTokenNeck'),
             CharFusionNeck=dict(type='mmner.CharFusionNeck', hidden_size=16, embedding_size=8, num_places=3))


def build(neck, **encoder):
    torch.manual_seed(1)
    model = MODELS.build(dict(
        type='mmner.NERModel', neck=neck,
        encoder=dict(type='mmner.BertEncoder', vocab_size=50, hidden_size=16, num_layers=2, num_heads=2,
                     intermediate_size=32, max_length=40) | encoder,
        decoder=dict(type='mmner.SoftmaxDecoder' if neck else 'mmner.MMOCRSoftmaxDecoder', hidden_size=16,
                     tag_scheme=dict(type='mmner.BIO', categories=['a', 'b']))))
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model.eval()


def random_batch(*lengths: int) -> PackedBatch:
    """Sequences of random tokens; the units of each share tokens now and then."""
    generator = torch.Generator().manual_seed(sum(lengths))
    samples = []
    for index, length in enumerate(lengths):
        units = 2 * length
        samples.append(dict(
            inputs=dict(
                input_ids=torch.randint(50, (length,), generator=generator).int().numpy(), sequence_lengths=[length],
                unit_to_token=torch.randint(length, (units,), generator=generator).sort()[0].int().numpy(),
                unit_ids=torch.randint(50, (units,), generator=generator).int().numpy()),
            data_samples=NERDataSample(index, 'x' * units)))
    return pack_samples(samples)


def inputs_of(batch: PackedBatch) -> dict:
    key_mask = torch.arange(batch.max_seqlen) < batch.cu_seqlens.diff()[:, None]
    given = dict(key_mask=key_mask, grid_index=key_mask.flatten().nonzero()[:, 0])
    return {name: given[name] if name in given else getattr(batch, name) for name in INPUTS}


@pytest.mark.parametrize('neck', NECKS)
def test_graph_scores_as_the_model_whatever_the_sizes(neck, onnx_packages, tmp_path):
    from onnxruntime import InferenceSession
    model = build(NECKS[neck], **ALBERT_LIKE)
    write_onnx(model, tmp_path / 'model.onnx')
    session = InferenceSession(tmp_path / 'model.onnx', providers=['CPUExecutionProvider'])
    names = [given.name for given in session.get_inputs()]
    for lengths in ((1,), (7,), (5, 5), (40, 2, 17)):
        batch = random_batch(*lengths)
        with torch.inference_mode():
            expected = model.decoder(model.extract(batch))
        inputs = {name: value.numpy() for name, value in inputs_of(batch).items() if name in names}
        (found,) = session.run([OUTPUT], inputs)
        assert found.shape == (2 * sum(lengths), 5)
        torch.testing.assert_close(torch.from_numpy(found), expected, atol=2e-5, rtol=1e-4)


def test_model_stays_as_it_is():
    model = build(NECKS['FirstTokenNeck'])
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ValuesGraph(model.train())
    assert model.training and model.encoder.layers[0].attention.backend == 'auto'
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize('neck, named', [
    (None, 'a model without a neck'),
    (dict(type='mmner.LSTMNeck', hidden_size=16, neck=NECKS['FirstTokenNeck']), 'LSTMNeck')])
def test_what_has_no_export_is_named(neck, named):
    with pytest.raises(InputError, match=f'^{named} has no export'):
        check_parts(build(neck))


def test_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr('mmner.export.graph.PACKAGES', ('torch', 'no_such_package'))
    with pytest.raises(InputError, match='^no_such_package not .* extra export: pip install no_such_package$'):
        write_onnx(build(NECKS['FirstTokenNeck']), tmp_path / 'model.onnx')
    assert not list(tmp_path.iterdir())
