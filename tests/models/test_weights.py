import os
import pickle
import warnings
import zipfile

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer, MessageHub
from safetensors.torch import save_file
from torch import nn

from mmner.models.weights import load_whole, read_checkpoint, read_weights, state_dict
from mmner.utils import InputError

WEIGHTS = {'layer.weight': torch.arange(6.).view(2, 3), 'layer.bias': torch.ones(2)}


def same(found: dict) -> bool:
    return found.keys() == WEIGHTS.keys() and all(torch.equal(found[key], WEIGHTS[key]) for key in WEIGHTS)


def refusal(file) -> str:
    with pytest.raises(InputError) as caught:
        read_weights(file)
    message = str(caught.value)
    assert '\n' not in message and '\033' not in message and str(file) in message
    assert 'weights_only' not in message, 'no advice to load it unsafely'
    return message


@pytest.mark.parametrize('content', [
    WEIGHTS, dict(state_dict=WEIGHTS, meta=dict(epoch=1)), dict(model=WEIGHTS), dict(state_dict=dict(model=WEIGHTS))],
    ids=['bare', 'state_dict', 'model', 'both'])
@pytest.mark.parametrize('zipped', [True, False])
def test_torch_files(tmp_path, content, zipped):
    file = tmp_path / 'weights.pth'
    torch.save(content, file, _use_new_zipfile_serialization=zipped)
    assert same(read_weights(file)) and same(read_weights(str(file)))


def test_safetensors(tmp_path):
    for name in ('a.safetensors', 'A.SAFETENSORS'):
        save_file(WEIGHTS, tmp_path / name)
        assert same(read_weights(tmp_path / name))


@pytest.mark.parametrize('content', [{}, [], 3, dict(meta=1), dict(a=torch.ones(1), b=2), dict(state_dict=[1])],
                         ids=str)
def test_no_state_dict(tmp_path, content):
    torch.save(content, tmp_path / 'a.pth')
    assert 'holds no state dict' in refusal(tmp_path / 'a.pth')
    with pytest.raises(InputError, match='here: holds no state dict'):
        state_dict(content, 'here')


@pytest.mark.parametrize('name', ['a.pth', 'a.safetensors', 'pytorch_model.bin'])
@pytest.mark.parametrize('content', [
    b'', b'hello world', b'{"a": 1}', '中文\n'.encode(), b'version https://git-lfs.github.com/spec/v1\noid sha256:0',
    b'<!DOCTYPE html>', b'PK\x03\x04', b'PK', b'\x80\x02.', b'\x80\x02q', b'(', b'\x89PNG\r\n\x1a\n\0\0'], ids=str)
def test_files_of_another_kind(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert 'broken or not a checkpoint' in refusal(tmp_path / name)


@pytest.mark.parametrize('name', ['a.pth', 'old.pth', 'a.safetensors'])
def test_truncated_files(tmp_path, name):
    file = tmp_path / name
    if name == 'a.safetensors':
        save_file(WEIGHTS, file)
    else:
        torch.save(WEIGHTS, file, _use_new_zipfile_serialization=name == 'a.pth')
    whole = file.read_bytes()
    for length in [*range(0, len(whole), 31), len(whole) - 1]:
        file.write_bytes(whole[:length])
        message = refusal(file)
        assert 'broken or not a checkpoint' in message or name == 'old.pth'     # which may be cut within a name


def test_missing_file_and_directory(tmp_path):
    assert 'no such checkpoint' in refusal(tmp_path / 'absent.pth')
    assert 'no such checkpoint' in refusal(tmp_path)


class Payload:
    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return open, (str(self.file), 'w')


class Command(Payload):
    def __reduce__(self):
        return os.system, (f'touch {self.file}', )


@pytest.mark.parametrize('kind', [Payload, Command])
@pytest.mark.parametrize('way', ['zip', 'legacy', 'pickle'])
def test_code_is_refused_and_not_executed(tmp_path, kind, way):
    file, created = tmp_path / 'evil.pth', tmp_path / 'created'
    content = dict(state_dict=WEIGHTS, meta=kind(created))
    if way == 'pickle':
        file.write_bytes(pickle.dumps(content['meta'], protocol=2))
    else:
        torch.save(content, file, _use_new_zipfile_serialization=way == 'zip')
    assert 'refused' in (message := refusal(file)) and ('open' in message or 'system' in message)
    assert not created.exists()


def text(value: str) -> bytes:
    return b'X' + len(value).to_bytes(4, 'little') + value.encode()


def attribute(owner: bytes, name: str) -> bytes:
    """Pickle code of `getattr(owner, name)`."""
    return b'cbuiltins\ngetattr\n' + owner + text(name) + b'\x86R'


def test_getattr_does_not_lead_to_exec(tmp_path):
    """Functions lead to `__builtins__` and, over torch's list of allowed globals, to calling what is found there."""
    def attributes_from(mapping: bytes) -> bytes:
        return b'cmmengine.logging.history_buffer\nHistoryBuffer\n)\x81' + mapping + b'b'
    function = b'ctorch._utils\n_rebuild_tensor_v2\n'
    execute = attribute(attributes_from(attribute(function, '__builtins__')), 'exec') + b'q\x01'
    torch_module = attribute(attributes_from(attribute(function, '__globals__')), 'torch')
    unpickler = attribute(attribute(torch_module, '_weights_only_unpickler'), '__dict__')
    allow = text('_marked_safe_globals_set') + b'](h\x01' + text('x') + b'\x86es'
    call = b'h\x01' + text(f'open({str(tmp_path / "created")!r}, "w")') + b'\x85R.'
    with zipfile.ZipFile(tmp_path / 'evil.pth', 'w') as archive:
        archive.writestr('archive/data.pkl', b'\x80\x02' + execute + unpickler + allow + call)
        archive.writestr('archive/version', '3\n')
        archive.writestr('archive/byteorder', 'little')
    assert 'refused, since it holds getattr' in refusal(tmp_path / 'evil.pth')
    assert not (tmp_path / 'created').exists()


@pytest.mark.parametrize('name', ['__init__', '__class__', 'statistics', '__globals__', '_statistics_methods'])
def test_getattr_gives_the_four_statistics_alone(tmp_path, name):
    pickled = b'\x80\x02' + attribute(b'cmmengine.logging.history_buffer\nHistoryBuffer\n', name) + b'.'
    (tmp_path / 'a.pth').write_bytes(pickled)
    assert 'refused, since it holds getattr' in refusal(tmp_path / 'a.pth')


def test_what_mmengine_writes_beside_weights(tmp_path):
    """As its Runner saves it: the message hub with logged values, numpy numbers in it and in the meta data."""
    hub = MessageHub('test_weights')
    hub.update_scalar('train/loss', 1.5)
    hub.update_scalar('train/loss', 0.5)
    hub.update_info('best_score', np.float64(0.7))
    numbers = dict(a=np.float32(0.25), b=np.int32(-3), c=np.bool_(True), d=np.arange(6, dtype=np.int16).reshape(2, 3).T,
                   e=np.array([0.5, np.nan], np.float16), f=np.uint64(2 ** 63), g=np.array([True, False]))
    file = tmp_path / 'epoch_1.pth'
    torch.save(dict(state_dict=WEIGHTS, message_hub=hub.state_dict(), meta=numbers), file)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        found = read_checkpoint(file)
    for key, value in numbers.items():
        np.testing.assert_array_equal(found['meta'][key], value, strict=True)
    other = MessageHub('test_weights_resumed')
    other.load_state_dict(found['message_hub'])
    buffer = other.get_scalar('train/loss')
    assert type(buffer) is HistoryBuffer
    assert (buffer.current(), buffer.mean(), buffer.statistics('max')) == (0.5, 1.0, 1.5)
    assert other.get_info('best_score') == 0.7
    torch.save(other.state_dict(), file)
    assert read_checkpoint(file)['log_scalars']['train/loss'].current() == 0.5, 'a resumed hub can be saved again'


@pytest.mark.parametrize('value', [np.float64(0.5), np.arange(3.0)], ids=['scalar', 'array'])
def test_numbers_written_under_numpy_1(tmp_path, value):
    pickled = pickle.dumps(value, protocol=2)
    assert b'numpy._core.multiarray' in pickled or b'numpy.core.multiarray' in pickled
    with zipfile.ZipFile(tmp_path / 'old.pth', 'w') as archive:
        archive.writestr('archive/data.pkl', pickled.replace(b'numpy._core', b'numpy.core'))
        archive.writestr('archive/version', '3\n')
    np.testing.assert_array_equal(read_checkpoint(tmp_path / 'old.pth'), value, strict=True)


def test_objects_in_numpy_arrays_are_refused(tmp_path):
    torch.save(dict(state_dict=WEIGHTS, meta=np.array([{}], dtype=object)), tmp_path / 'a.pth')
    assert 'refused, since it holds numpy.dtypes.ObjectDType' in refusal(tmp_path / 'a.pth')


def test_load_whole_or_not_at_all():
    module = nn.ModuleDict(dict(layer=nn.Linear(3, 2)))
    load_whole(module, WEIGHTS, 'here')
    assert same(module.state_dict())
    doubled = {key: 2 * value for key, value in WEIGHTS.items()}
    for weights, message in (
            ({'layer.weight': doubled['layer.weight']}, r'here: .*missing: 1 keys \(layer.bias\); use'),
            (doubled | {'head': torch.ones(1)}, r'unexpected: 1 keys \(head\)'),
            (doubled | {'layer.bias': torch.ones(3)}, r'another size: 1 keys \(layer.bias \(3,\) instead of \(2,\)\)'),
            ({f'key{index}': torch.ones(1) for index in range(9)},
             r'missing: 2 keys .*unexpected: 9 keys \(key0, key1, key2, key3, key4, key5 and 3 more\)')):
        with pytest.raises(InputError, match=message):
            load_whole(module, weights, 'here')
        assert same(module.state_dict()), 'the module must be as it was'
