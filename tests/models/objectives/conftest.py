"""Models whose gradients can be compared to the last digits."""
import pytest
import torch
from torch import Tensor, nn

from mmner.models import NERModel
from tests.models.conftest import CATEGORIES, HIDDEN, without_dropout


@pytest.fixture
def batch(pack, sample):
    """The token 7 stands twice in it, and the units bring ids that no token has."""
    return pack(sample([1, 2, 3, 4], tokens=[5, 7, 8, 7, 9, 10], spans=[('person', 0, 2)]),
                sample([1, 1, 2], spans=[('place', 1, 3)], first_id=12))


@pytest.fixture
def empty(pack, sample):
    """Two samples without units."""
    return pack(sample([]), sample([]))


@pytest.fixture
def exact(build):
    """Builds a model without dropout, in float64 throughout, in training mode; arguments as for `model_config`."""
    def built(*, encoder: dict | None = None, **changes) -> NERModel:
        model = build(encoder=encoder, **changes)
        without_dropout(model)
        model.decoder.loss_module = nn.CrossEntropyLoss()       # ours computes in float32
        return model.double().train()
    return built


def decoder_config(name: str, **changes) -> dict:
    """The `decoder` of `model_config` for a decoder that tags units or one that scores spans."""
    spans = {} if name in ('SoftmaxDecoder', 'CRFDecoder') else dict(
        hidden_size=HIDDEN, categories=CATEGORIES, tag_scheme=None)
    heads = {} if name in ('SoftmaxDecoder', 'CRFDecoder', 'SpanDecoder') else dict(head_size=4)
    return dict(type=f'mmner.{name}') | spans | heads | changes


def gradients(model: NERModel) -> dict[str, Tensor]:
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def assert_close(ours: dict[str, Tensor], theirs: dict[str, Tensor], tolerance: float = 1e-9) -> None:
    for name, gradient in theirs.items():
        torch.testing.assert_close(ours[name], gradient, rtol=tolerance, atol=tolerance / 100, msg=name)
