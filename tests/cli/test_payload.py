"""A checkpoint that carries a pickle payload, by every command that loads one."""
import os

import pytest
import torch

from mmner.apis import NERInferencer
from mmner.cli import export, predict, serve, test, train
from mmner.utils import InputError
from tests.known_model import write_known_model


class Payload:
    def __init__(self, created):
        self.created = created

    def __reduce__(self):
        return os.system, (f'touch {self.created}', )


@pytest.fixture
def files(tmp_path):
    """Config, a checkpoint whose weights are right and whose meta data executes a command, and what that creates."""
    config, weights = write_known_model(tmp_path)
    checkpoint = torch.load(weights, weights_only=True) | dict(meta=Payload(tmp_path / 'created'))
    torch.save(checkpoint, tmp_path / 'evil.pth')
    return str(config), str(tmp_path / 'evil.pth'), tmp_path / 'created'


def test_the_payload_is_one(files):
    torch.load(files[1], weights_only=False)
    assert files[2].exists()


def test_the_inferencer(files):
    config, weights, created = files
    with pytest.raises(InputError, match='evil.pth: refused, since it holds posix.system'):
        NERInferencer(config, weights, 'cpu')
    assert not created.exists()


@pytest.mark.parametrize(('command', 'arguments'), [
    (predict, ['{config}', '王伟', '--weights', '{weights}']),
    (serve, ['{config}', '--weights', '{weights}', '--port', '0']),
    (export, ['{config}', '{folder}/exported', '--weights', '{weights}']),
    (test, ['{config}', '{weights}', '--work-dir', '{folder}/run']),
    (train, ['{config}', '--resume', '{weights}', '--work-dir', '{folder}/run']),
], ids=lambda value: getattr(value, '__name__', ''))
def test_the_commands(files, tmp_path, capsys, monkeypatch, command, arguments):
    monkeypatch.setenv('MMNER_TRACEBACK', '0')
    if command is serve:
        pytest.importorskip('fastapi')
    config, weights, created = files
    filled = [argument.format(config=config, weights=weights, folder=tmp_path) for argument in arguments]
    assert command.main(filled) == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith('error: ')]
    assert len(errors) == 1 and 'evil.pth: refused, since it holds posix.system' in errors[0]
    assert not created.exists()
