"""Downloads from a real server on 127.0.0.1 that misbehaves as told."""
import hashlib
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mmner.utils import download as module
from mmner.utils.download import DownloadError, download

BODY = b''.join(hashlib.sha256(bytes([i])).digest() for i in range(250)) * 50       # 400,000 bytes without a period
OTHER = BODY[::-1]
QUICK = (0.01, 0.01, 0.01)


class Server(ThreadingHTTPServer):
    """Serves `body`; the first `breaks` answers end after `break_after` bytes.

    `requests` lists the (Range, If-Range) headers that arrived.
    """
    body, etag, ranges, if_range, status, breaks, break_after = BODY, '"v1"', True, True, 200, 0, 150_000
    chunked, stall = False, 0       # stall: seconds before a broken answer is closed

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.requests = []

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.server_port}/corpus.zip'


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def do_GET(self):
        server, asked, condition = self.server, self.headers['Range'], self.headers['If-Range']
        server.requests.append((asked, condition))
        self.close_connection = True
        if server.status != 200:
            return self.send_error(server.status)
        current = condition in (None, server.etag) or not server.if_range
        start = int(asked.removeprefix('bytes=').removesuffix('-')) if asked and server.ranges and current else 0
        if start >= len(server.body):
            return self.send_error(416)
        self.answer(server.body[start:], start)

    def answer(self, rest, start):
        server = self.server
        self.send_response(206 if start else 200)
        if start:
            self.send_header('Content-Range', f'bytes {start}-{len(server.body) - 1}/{len(server.body)}')
        self.send_header(*(('Transfer-Encoding', 'chunked') if server.chunked else ('Content-Length', len(rest))))
        if server.etag:
            self.send_header('ETag', server.etag)
        self.end_headers()
        if server.breaks:
            server.breaks -= 1
            rest = rest[:server.break_after]
            self.wfile.write(b'%x\r\n%s\r\n' % (len(rest), rest) if server.chunked else rest)
            time.sleep(server.stall)
        else:
            self.wfile.write(b'%x\r\n%s\r\n0\r\n\r\n' % (len(rest), rest) if server.chunked else rest)


@contextmanager
def serving(**behaviour):
    with Server() as server:
        vars(server).update(behaviour)
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv('no_proxy', '127.0.0.1')


@pytest.fixture
def file(tmp_path):
    return tmp_path / 'corpus.zip'


@pytest.mark.parametrize('chunked', [False, True])
def test_plain(file, chunked):
    with serving(chunked=chunked) as server:
        download(server.url, file)
    assert file.read_bytes() == BODY
    assert server.requests == [(None, None)]
    assert list(file.parent.iterdir()) == [file]


def test_break_is_continued(file, capsys):
    with serving(breaks=2) as server:
        download(server.url, file, back_off=QUICK)
    assert file.read_bytes() == BODY
    assert server.requests == [(None, None), ('bytes=150000-', '"v1"'), ('bytes=300000-', '"v1"')]
    assert list(file.parent.iterdir()) == [file]
    assert not (told := capsys.readouterr()).out and 'next try in' in told.err


def test_break_of_a_chunked_answer_is_a_break(file):
    with serving(breaks=1, chunked=True) as server:
        download(server.url, file, back_off=QUICK)
    assert file.read_bytes() == BODY
    assert len(server.requests) == 2


def test_server_without_range_starts_over(file):
    with serving(breaks=2, ranges=False) as server:
        download(server.url, file, back_off=QUICK)
    assert file.read_bytes() == BODY
    assert len(server.requests) == 3


@pytest.mark.parametrize('etag', [None, 'W/"v1"'])
def test_without_a_strong_validator_nothing_is_continued(file, etag):
    with serving(breaks=1, etag=etag) as server:
        download(server.url, file, back_off=QUICK)
    assert file.read_bytes() == BODY
    assert server.requests == [(None, None), (None, None)]


def test_dead_server_keeps_the_part_and_the_next_run_continues(file):
    with serving(breaks=9, break_after=50_000) as server:
        with pytest.raises(DownloadError, match=r'broke after 200000 of 400000 bytes.*corpus\.zip\.part'):
            download(server.url, file, back_off=QUICK)
        assert not file.exists()
        assert file.with_name('corpus.zip.part').read_bytes() == BODY[:200_000]
        server.breaks = 0
        download(server.url, file, back_off=QUICK)
    assert server.requests[4:] == [('bytes=200000-', '"v1"')]
    assert file.read_bytes() == BODY


@pytest.mark.parametrize('if_range', [True, False])
def test_changed_file_starts_over(file, if_range):
    with serving(breaks=1, if_range=if_range) as server:
        with pytest.raises(DownloadError):
            download(server.url, file, back_off=())
        vars(server).update(body=OTHER, etag='"v2"')
        download(server.url, file, back_off=QUICK)
    assert file.read_bytes() == OTHER
    assert server.requests[1] == ('bytes=150000-', '"v1"')


def test_file_that_shrank_below_the_part_starts_over(file):
    with serving(breaks=1) as server:
        with pytest.raises(DownloadError):
            download(server.url, file, back_off=())
        server.body = BODY[:1000]       # and the server still calls it v1: it answers 416
        download(server.url, file, back_off=QUICK)
    assert file.read_bytes() == BODY[:1000]


def test_part_of_another_address_is_not_continued(file):
    with serving(breaks=1) as first, serving(body=OTHER) as second:
        with pytest.raises(DownloadError):
            download(first.url, file, back_off=())
        download(second.url, file)
    assert file.read_bytes() == OTHER
    assert second.requests == [(None, None)]


@pytest.mark.parametrize(('status', 'requests'), [(404, 1), (403, 1), (503, 4)])
def test_refusal(file, status, requests):
    with serving(status=status) as server, pytest.raises(DownloadError, match=f'{server.url}: .*{status}'):
        download(server.url, file, back_off=QUICK)
    assert len(server.requests) == requests
    assert list(file.parent.iterdir()) == []


def test_nobody_listens_fails_at_once(file):
    with serving() as server:
        pass
    started = time.monotonic()
    with pytest.raises(DownloadError, match='cannot be reached.*refused'):
        download(server.url, file, back_off=(3,))
    assert time.monotonic() - started < 2


def test_what_arrived_before_a_stall_is_kept(file):
    with serving(breaks=1, break_after=1000, stall=0.4) as server:
        download(server.url, file, back_off=QUICK, timeout=0.2)
    assert file.read_bytes() == BODY
    assert server.requests == [(None, None), ('bytes=1000-', '"v1"')]


def test_silence_is_a_break(file):
    with serving() as server:
        server.shutdown()               # still listens, never answers
        with pytest.raises(DownloadError, match='timed out'):
            download(server.url, file, back_off=(), timeout=0.2)


def test_a_part_into_which_another_process_wrote_is_not_taken(file, monkeypatch):
    chunks = module._chunks

    def disturbed(response):
        monkeypatch.setattr(module, '_chunks', chunks)
        with file.with_name('corpus.zip.part').open('ab') as other:
            other.write(b'other')
        yield from chunks(response)

    monkeypatch.setattr(module, '_chunks', disturbed)
    with serving() as server:
        download(server.url, file, back_off=QUICK)
    assert file.read_bytes() == BODY and server.requests == [(None, None)] * 2


@pytest.mark.parametrize('url', ['corpus.zip', 'file:///etc/passwd', 'http://', 'http://a b/c.zip',
                                 'http://host:port/c.zip', 'http://[::1/c.zip', 'http://127.0.0.1/语料.zip'])
def test_no_address(file, url):
    with pytest.raises(DownloadError, match='not an http'):
        download(url, file)
