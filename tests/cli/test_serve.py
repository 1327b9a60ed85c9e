import os
import socket

import pytest

from mmner.cli.serve import main
from tests.runs import tool


@pytest.fixture
def mistake(capsys, monkeypatch):
    """The one line on stderr of a command that must fail."""

    def mistake(*arguments) -> str:
        monkeypatch.setenv('MMNER_TRACEBACK', '0')
        assert main(list(map(str, arguments))) == 1
        out, err = capsys.readouterr()
        assert out == '' and err.startswith('error: ') and err.count('\n') == 1
        return err

    return mistake


def test_help_shows_an_example():
    done = tool('serve.py', '--help')
    assert done.returncode == 0 and 'example: python tools/serve.py work_dirs/demo' in done.stdout
    assert 'default: 127.0.0.1' in done.stdout


@pytest.mark.parametrize(('arguments', 'reason'), [
    (['--port', '70000'], 'a port is a number from 0 to 65535'),
    (['--max-batch-tokens', '0'], 'max_batch_tokens=0: must be at least 1'),
    (['--max-queue', '1000'], 'raise it to 201024 or lower the others')])
def test_options_that_cannot_be(mistake, arguments, reason):
    assert reason in mistake('absent', *arguments)


def test_a_model_that_is_not_there(mistake, tmp_path):
    pytest.importorskip('fastapi')
    pytest.importorskip('uvicorn')
    pytest.importorskip('prometheus_client')
    assert 'absent' in mistake(tmp_path / 'absent')


def test_an_address_that_is_taken_and_an_empty_key(mistake, small_model, monkeypatch):
    pytest.importorskip('fastapi')
    pytest.importorskip('uvicorn')
    pytest.importorskip('prometheus_client')
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        assert f'cannot listen on 127.0.0.1:{port}: Address already in use' in mistake(small_model, '--port', port)
    assert 'cannot listen on nowhere.invalid' in mistake(small_model, '--host', 'nowhere.invalid')
    assert 'cannot listen on éé' in mistake(small_model, '--host', 'é' * 70)        # a name has 63 bytes at most
    assert '--host is empty' in mistake(small_model, '--host', '')
    monkeypatch.setenv('MMNER_API_KEY', ' ')
    assert 'MMNER_API_KEY is empty' in mistake(small_model, '--port', 0)


def test_without_its_packages(tmp_path):
    (tmp_path / 'fastapi.py').write_text("raise ModuleNotFoundError(\"No module named 'fastapi'\", name='fastapi')")
    done = tool('serve.py', 'absent', env=os.environ | dict(PYTHONPATH=str(tmp_path), MMNER_TRACEBACK='0'))
    assert done.returncode == 1 and done.stderr == \
        'error: fastapi is not installed; the server needs the extra serve: pip install fastapi uvicorn ' \
        'prometheus-client\n'
