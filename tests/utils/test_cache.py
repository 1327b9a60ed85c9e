import time
from concurrent.futures import ProcessPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

import pytest

from mmner.utils.cache import fetch
from mmner.utils.download import DownloadError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    monkeypatch.setenv('MMNER_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


@pytest.fixture
def served(tmp_path) -> Path:
    """A folder to offer, with two models."""
    folder = tmp_path / 'served'
    for model in ('base', 'large'):
        (folder / model).mkdir(parents=True)
        (folder / model / 'model.bin').write_text(model)
        (folder / model / 'config.json').write_text(f'{{"{model}": 1}}')
    return folder


def test_files_of_one_folder_lie_together_and_apart_from_others(serve, served, cache):
    address = serve(served)
    base, config, large = (fetch(f'{address}/{name}') for name in (
        'base/model.bin', 'base/config.json', 'large/model.bin'))
    assert (base.read_text(), config.read_text(), large.read_text()) == ('base', '{"base": 1}', 'large')
    assert base.name == 'model.bin' and base.with_name('config.json') == config
    assert base.parent != large.parent and cache in base.parents


def test_second_call_needs_no_server(serve, served):
    url = serve(served) + '/base/model.bin'
    first = fetch(url)
    (served / 'base/model.bin').unlink()
    assert fetch(url) == first and first.read_text() == 'base'


class SlowHandler(BaseHTTPRequestHandler):
    """Answers in four parts, so that a second request comes amid the first."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.count += 1
        self.send_response(200)
        self.send_header('Content-Length', '4000')
        self.end_headers()
        for part in b'abcd':
            self.wfile.write(bytes([part]) * 1000)
            time.sleep(0.2)


def test_of_two_processes_one_downloads(cache):
    with ThreadingHTTPServer(('127.0.0.1', 0), SlowHandler) as server:
        server.count = 0
        Thread(target=server.serve_forever, kwargs=dict(poll_interval=0.01), daemon=True).start()
        with ProcessPoolExecutor(2, mp_context=get_context('fork')) as pool:
            files = list(pool.map(fetch, [f'http://127.0.0.1:{server.server_port}/model.bin'] * 2))
        server.shutdown()
    assert files[0] == files[1] and server.count == 1
    assert files[0].read_bytes() == b''.join(bytes([part]) * 1000 for part in b'abcd')


def test_what_is_optional_needs_no_place_to_write(serve, served, cache):
    cache.write_text('no folder')
    url = serve(served) + '/base/config.json'
    assert not fetch(url, optional=True).exists()
    with pytest.raises(OSError, match='Not a directory'):
        fetch(url)


def test_queries_are_told_apart(serve, served):
    """A server may give another file for another query; ours gives what the folder holds at the time."""
    url = serve(served) + '/base/model.bin'
    old = fetch(f'{url}?revision=a/b')
    (served / 'base/model.bin').write_text('new')
    new = fetch(f'{url}?revision=c')
    assert (old.read_text(), new.read_text()) == ('base', 'new')
    assert {old.suffix, new.suffix} == {'.bin'} and old.parent == new.parent == fetch(url).parent


def test_default_place(serve, served, monkeypatch, tmp_path):
    url = serve(served) + '/base/model.bin'
    monkeypatch.setenv('HOME', str(tmp_path / 'home'))
    monkeypatch.setenv('MMNER_CACHE', '')
    empty = fetch(url)
    monkeypatch.delenv('MMNER_CACHE')
    assert fetch(url) == empty and tmp_path / 'home/.cache/mmner' in empty.parents


def test_absent_file(serve, served):
    url = serve(served) + '/base/none.bin'
    with pytest.raises(DownloadError, match='404'):
        fetch(url)
    missing = fetch(url, optional=True)
    assert missing.name == 'none.bin' and not missing.exists()
    (served / 'base/none.bin').write_text('now')
    assert fetch(url, optional=True).read_text() == 'now'


@pytest.mark.parametrize('end', ['/', '/base/', '/base/?a=b'])
def test_address_of_a_folder(serve, served, end):
    with pytest.raises(DownloadError, match='the address of a folder'):
        fetch(serve(served) + end)
