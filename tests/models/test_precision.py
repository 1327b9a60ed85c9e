"""What `precision` changes in a model, whose weights are the same at every build."""
from copy import deepcopy

import pytest
import torch

from mmner.utils import InputError


@pytest.fixture
def batch(pack):
    return pack(9, 30, 5, 12)


def units(model, batch) -> torch.Tensor:
    """(U, H) as a test computes them."""
    with torch.inference_mode():
        return model.eval()(batch).float()


def of_precision(build, precision, **changes):
    return build(precision=precision, neck='FirstTokenNeck', **changes)


def relative_error(found, expected) -> float:
    return ((found - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize('encoder', [{}, dict(shared_layers=True), dict(activation='gelu_tanh'),
                                     dict(activation='relu'), dict(embedding_size=8)], ids=str)
@pytest.mark.parametrize(('precision', 'tolerance'), [('bfloat16', 0.02), ('int8', 0.2)])
def test_tests_are_near_float32(build, batch, precision, tolerance, encoder):
    expected = units(of_precision(build, 'float32', encoder=encoder), batch)
    error = relative_error(units(of_precision(build, precision, encoder=encoder), batch), expected)
    assert 0 < error < tolerance


@pytest.mark.parametrize('precision', ['bfloat16', 'int8'])
def test_changed_weights_are_seen(build, batch, precision):
    model, other = of_precision(build, precision), of_precision(build, precision)
    for weight in other.parameters():
        weight.data.add_(torch.randn_like(weight), alpha=0.1)
    before, wanted = units(model, batch), units(other, batch)
    assert relative_error(before, wanted) > 0.1
    model.load_state_dict(other.state_dict())
    torch.testing.assert_close(units(model, batch), wanted)
    for weight, origin in zip(model.parameters(), of_precision(build, precision).parameters(), strict=True):
        weight.data.copy_(origin)                           # as mmengine's EMAHook does, before `eval`
    torch.testing.assert_close(units(model, batch), before)


def test_a_training_step_between_two_tests(build, batch):
    model = of_precision(build, 'bfloat16')
    before = units(model, batch)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model.train()(batch, mode='loss')['loss_tag'].backward()
    optimizer.step()
    after = units(model, batch)
    model.precision = 'float32'
    assert relative_error(after, units(model, batch)) < 0.02 < relative_error(after, before)


def test_the_encoder_is_prepared_once(build, batch):
    model = of_precision(build, 'int8')
    units(model, batch)
    prepared = model.inference_encoder()
    assert model.inference_encoder() is prepared
    assert prepared is not model.encoder and prepared.embeddings is model.encoder.embeddings


@pytest.mark.parametrize('precision', ['bfloat16', 'int8'])
def test_a_copy_is_one_of_its_own(build, batch, precision):
    model = of_precision(build, precision)
    before = units(model, batch)
    twin = deepcopy(model)
    torch.testing.assert_close(units(twin, batch), before)
    twin.encoder.embeddings.word.weight.data.zero_()
    assert relative_error(units(twin, batch), before) > 0.1
    torch.testing.assert_close(units(model, batch), before)


def test_checkpoints_do_not_know_of_it(build, batch):
    model = of_precision(build, 'int8')
    names = list(model.state_dict())
    units(model, batch)
    assert list(model.state_dict()) == names
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


def test_gradients_go_through_the_trained_weights(build, batch):
    model = of_precision(build, 'bfloat16').eval()
    model(batch, mode='loss')['loss_tag'].backward()
    assert model.encoder.layers[0].attention.qkv.weight.grad.norm() > 0


def test_int8_refuses_to_train(build, batch):
    with pytest.raises(InputError, match="precision='int8' is for testing; train in 'bfloat16'"):
        of_precision(build, 'int8')(batch, mode='loss')


def test_unknown_precision(build):
    with pytest.raises(InputError, match="'half' is none of float32, bfloat16, int8"):
        build(precision='half')
