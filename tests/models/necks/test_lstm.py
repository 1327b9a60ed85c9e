import pytest
import torch

from mmner.models.necks import LSTMNeck
from mmner.utils import InputError


def test_each_sample_is_read_on_its_own_in_both_directions(build, pack, sample):
    """Against the LSTM run over one sample at a time, without padding."""
    model = build(neck='LSTMNeck').eval()
    batch = pack(sample([1, 2, 3]), sample([]), sample([1]), sample([1, 2, 7, 8, 9], windows=[5, 6]))
    with torch.no_grad():
        units = model.encoder(batch)[batch.unit_to_token]
        expected = torch.cat([model.neck.lstm(part[None])[0][0] for part in units.split([3, 1, 5])])
        torch.testing.assert_close(model.extract(batch), expected)


def test_the_vectors_of_units_come_from_the_inner_neck(build, pack):
    model = build(neck=None, decoder=dict(hidden_size=16)).eval()
    neck = LSTMNeck(hidden_size=16, neck=dict(type='mmner.CharFusionNeck', hidden_size=16, embedding_size=16)).eval()
    neck.attach(model.encoder)
    assert neck.neck.shared[0] is model.encoder.embeddings.word
    tokens, batch = model.encoder(pack(5)), pack(5)
    torch.testing.assert_close(neck(tokens, batch), neck.lstm(neck.neck(tokens, batch)[None])[0][0])


def test_an_odd_size_is_refused():
    with pytest.raises(InputError, match='hidden_size=15 is odd'):
        LSTMNeck(neck=dict(type='mmner.FirstTokenNeck'), hidden_size=15)
