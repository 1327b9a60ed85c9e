import json
import os
import tarfile
import threading
import zipfile
from dataclasses import replace
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mmner.cli.prepare_dataset import main
from mmner.datasets import corpus_files
from mmner.datasets.corpora import CORPORA, CorpusFile
from tests.runs import forked_tool, tool

SCRIPT = 'dataset_converters/prepare_dataset.py'
LINES = ('{"text": "彭小军在彭小军家", "label": {"name": {"彭小军": [[0, 2], [4, 6]]}}}\n'
         '{"text": "甲乙", "label": {"name": {"甲": [[0, 0]]}, "game": {"乙": [[1, 1]]}}}\n')     # 2 texts, 4 spans
UNLABELLED = '{"id": 0, "text": "丙"}\n\n'                                                      # 1 text
FILES = (CorpusFile(name='train.json', texts=2, spans=4), CorpusFile(name='test.json', texts=1, spans=0))
TINY = replace(CORPORA['cluener'], files=FILES, archive='http://127.0.0.1:9/tiny.zip')
GOOD = {'tiny/README.md': 'read me', 'tiny/train.json': LINES, 'tiny/test.json': UNLABELLED,
        '__MACOSX/tiny/train.json': 'not this one'}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """A corpus of two files in the table."""
    monkeypatch.setenv('no_proxy', '127.0.0.1')
    monkeypatch.setitem(CORPORA, 'tiny', TINY)


@pytest.fixture
def out(tmp_path):
    return tmp_path / 'data/tiny'


@pytest.fixture
def pack(tmp_path):
    """Writes {entry: text} as the zip archive that the server offers."""
    (tmp_path / 'served').mkdir()

    def write(entries):
        file = tmp_path / 'served/tiny.zip'
        with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
            for name, text in entries.items():
                archive.writestr(name, text)
        return file

    return write


@pytest.fixture
def server(tmp_path):
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / 'served')
    with ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': 0.01})
        thread.start()
        yield f'http://127.0.0.1:{server.server_port}'
        server.shutdown()
        thread.join()


def fails(capsys, *argv):
    """Run `main`, expect status 1 and one line on stderr; return that line."""
    capsys.readouterr()
    assert main(['tiny', *map(str, argv)]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith('127.0.0.1 - -')]
    assert len(lines) == 1
    assert lines[0].startswith('error: ')
    return lines[0]


def test_download_unpacks_and_leaves_nothing_else(pack, server, out):
    pack(GOOD)
    assert main(['tiny', '--url', f'{server}/tiny.zip', '--out', str(out)]) == 0
    assert (out / 'train.json').read_text(encoding='utf8') == LINES
    assert (out / 'test.json').read_text(encoding='utf8') == UNLABELLED
    assert sorted(os.listdir(out)) == ['test.json', 'train.json']


def test_default_folder(pack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(['tiny', '--archive', str(pack(GOOD))]) == 0
    assert sorted(os.listdir('data/tiny')) == ['test.json', 'train.json']


def test_already_prepared_does_nothing(pack, out, capsys):
    main(['tiny', '--archive', str(pack(GOOD)), '--out', str(out)])
    before = (out / 'train.json').stat()
    assert main(['tiny', '--out', str(out)]) == 0       # a download would fail: nobody listens on port 9
    assert capsys.readouterr().out.endswith(
        f'tiny is already prepared in {out}; --force does it again\n'
        'licence: none found; cite: Xu et al. 2020, https://arxiv.org/abs/2001.04351\n')
    assert (out / 'train.json').stat() == before
    assert 'cannot be reached' in fails(capsys, '--out', out, '--force')


def test_incomplete_folder_is_prepared_again_and_keeps_what_differs(pack, out):
    archive = pack(GOOD)
    out.mkdir(parents=True)
    (out / 'train.json').write_text(LINES[:-30], encoding='utf8')
    assert main(['tiny', '--archive', str(archive), '--out', str(out)]) == 0
    assert [(out / f'train.json{end}').read_text(encoding='utf8') for end in ('', '.old')] == [LINES, LINES[:-30]]
    assert main(['tiny', '--archive', str(archive), '--out', str(out), '--force']) == 0
    assert sorted(os.listdir(out)) == ['test.json', 'train.json', 'train.json.old']
    (out / 'train.json').write_text('work')
    assert main(['tiny', '--archive', str(archive), '--out', str(out), '--force']) == 0
    assert (out / 'train.json.old2').read_text() == 'work'


@pytest.mark.parametrize(('entries', 'words'), [
    ({'train.json': LINES * 2, 'test.json': UNLABELLED},
     ['train.json: found 4 texts with 8 entities, expected 2 texts with 4 entities']),
    ({'train.json': LINES.replace(', [4, 6]', ''), 'test.json': UNLABELLED}, ['found 2 texts with 3 entities']),
    ({'train.json': LINES, 'test.json': LINES},
     ['test.json: found 2 texts with 4 entities, expected 1 texts with 0 entities']),
    ({'train.json': LINES + '{"text": \n', 'test.json': UNLABELLED}, ['train.json:3']),
    ({'train.json': '["text"]\n', 'test.json': UNLABELLED}, ['train.json:1', 'a string "text"']),
    ({'train.json': '{"text": "a", "label": {"b": {"a": [0, 0]}}}', 'test.json': UNLABELLED}, ['train.json:1']),
    ({'train.json': b'\xff\xfe{', 'test.json': UNLABELLED}, ['train.json:1']),
    ({'train.json': LINES}, ["one 'test.json', found 0", 'it holds train.json']),
    (GOOD | {'old/train.json': LINES}, ["one 'train.json', found 2"]),
    (GOOD | {'../train.json': LINES}, ['../train.json', 'outside']),
    (GOOD | {'/etc/x': ''}, ['/etc/x', 'outside']),
    (GOOD | {'..\\x': ''}, ['outside']),
])
def test_bad_archive(pack, out, capsys, entries, words):
    line = fails(capsys, '--archive', pack(entries), '--out', out)
    for word in [*words, '--archive FILE']:
        assert word in line
    assert not out.exists()
    assert not (out.parent / 'train.json').exists()


def test_bad_download_keeps_the_old_files(pack, server, out, capsys):
    main(['tiny', '--archive', str(pack(GOOD)), '--out', str(out)])
    pack({'train.json': LINES * 2, 'test.json': UNLABELLED})
    fails(capsys, '--url', f'{server}/tiny.zip', '--out', out, '--force')
    assert (out / 'train.json').read_text(encoding='utf8') == LINES
    assert sorted(os.listdir(out)) == ['test.json', 'train.json']


def test_zip_bomb(pack, out, capsys, monkeypatch):
    monkeypatch.setattr(corpus_files, 'MAX_MEMBER', 10_000)
    line = fails(capsys, '--archive', pack(GOOD | {'tiny/train.json': LINES * 200}), '--out', out)
    assert 'bytes, more than 10000' in line
    assert not out.exists()


def test_damaged_zip(pack, out, capsys):
    archive = pack(GOOD)
    whole = archive.read_bytes()
    at = whole.index(b'train.json') + 20
    for broken in (b'', whole[:-40], whole[:at] + bytes(8) + whole[at + 8:]):
        archive.write_bytes(broken)
        assert 'a damaged archive' in fails(capsys, '--archive', archive, '--out', out)
    assert not out.exists()


def test_web_page_instead_of_a_zip(tmp_path, pack, server, out, capsys):
    pack(GOOD).write_text('\n<!DOCTYPE html><title>Log in</title>')
    line = fails(capsys, '--url', f'{server}/tiny.zip', '--out', out)
    assert 'a web page' in line
    assert not out.exists()


def test_checksum(pack, out, capsys, monkeypatch):
    archive = pack(GOOD)
    digest = sha256(archive.read_bytes()).hexdigest()
    monkeypatch.setitem(CORPORA, 'tiny', replace(TINY, sha256='0' * 64))
    line = fails(capsys, '--archive', archive, '--out', out)
    assert digest in line
    monkeypatch.setitem(CORPORA, 'tiny', replace(TINY, sha256=digest))
    assert main(['tiny', '--archive', str(archive), '--out', str(out)]) == 0


def test_folder_is_a_file(pack, tmp_path, capsys):
    (tmp_path / 'taken').write_text('mine')
    for out in (tmp_path / 'taken', tmp_path / 'taken/below'):
        line = fails(capsys, '--archive', pack(GOOD), '--out', out)
        assert 'taken' in line
        assert '; give another path' in line
    assert (tmp_path / 'taken').read_text() == 'mine'


@pytest.mark.skipif(not hasattr(os, 'geteuid'), reason='POSIX permissions')
def test_no_permission(tmp_path, capsys):
    me = os.geteuid()
    tmp_path.chmod(0o555)
    if me == 0:             # root may write anywhere: be nobody for a moment
        os.seteuid(65534)
    try:
        line = fails(capsys, '--out', tmp_path / 'data')
    finally:
        os.seteuid(me)
        tmp_path.chmod(0o755)
    assert 'Permission denied' in line
    assert '; give another path' in line


def test_archive_missing(tmp_path, out, capsys):
    assert 'no such file' in fails(capsys, '--archive', tmp_path / 'none.zip', '--out', out)


def test_unknown_corpus(capsys):
    assert main(['conll']) == 1
    assert capsys.readouterr().err.startswith("error: unknown corpus 'conll'; known: cluener, cmeee, conll2003, ")


def test_script_refuses_another_corpus_in_one_line(pack, out):
    entries = {'train.json': LINES, 'dev.json': LINES, 'test.json': UNLABELLED}
    done = forked_tool(SCRIPT, 'cluener', '--archive', pack(entries), '--out', out)
    assert done.returncode == 1
    assert done.stderr.count('\n') == 1
    assert 'train.json: found 2 texts with 4 entities, expected 10748 texts with 23972 entities' in done.stderr


def test_script_404_in_one_line(tmp_path, out):
    with ThreadingHTTPServer(('127.0.0.1', 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever).start()
        done = forked_tool(
            SCRIPT, 'cluener', '--url', f'http://127.0.0.1:{server.server_port}/none.zip', '--out', out)
        server.shutdown()
    assert done.returncode == 1
    assert done.stderr.count('\n') == 1
    assert 'the server answered 404' in done.stderr
    assert '--archive FILE' in done.stderr


def test_script_prepares_the_real_corpus(shared, pack, out):
    entries = {f'{name}.json': (shared / f'data/cluener/{name}.json').read_bytes() for name in ('train', 'dev')}
    entries['test.json'] = ''.join(json.dumps({'id': i, 'text': '甲'}) + '\n' for i in range(1345))
    done = tool(SCRIPT, 'cluener', '--archive', pack(entries), '--out', out)
    assert (done.returncode, done.stderr) == (0, '')
    assert (out / 'train.json').read_bytes() == entries['train.json']
    assert sorted(os.listdir(out)) == ['dev.json', 'test.json', 'train.json']
    again = forked_tool(SCRIPT, 'cluener', '--out', out)
    assert (again.returncode, again.stderr) == (0, '')
    assert 'already prepared' in again.stdout


def test_a_tar_archive_and_a_folder(pack, tmp_path, out):
    with zipfile.ZipFile(pack(GOOD)) as archive:
        archive.extractall(tmp_path / 'unpacked')
    with tarfile.open(tmp_path / 'tiny.tgz', 'w:gz') as archive:
        archive.add(tmp_path / 'unpacked', 'unpacked')
    for source in (tmp_path / 'tiny.tgz', tmp_path / 'unpacked'):
        assert main(['tiny', '--archive', str(source), '--out', str(out / source.name)]) == 0
        assert (out / source.name / 'train.json').read_text(encoding='utf8') == LINES
        assert sorted(os.listdir(out / source.name)) == ['test.json', 'train.json']


def test_damaged_tar(tmp_path, out, capsys):
    (tmp_path / 'train.json').write_text(''.join(f'{{"text": "{number ** 9}"}}\n' for number in range(9000)))
    with tarfile.open(tmp_path / 'tiny.tgz', 'w:gz') as archive:
        archive.add(tmp_path / 'train.json', 'train.json')
    whole = (tmp_path / 'tiny.tgz').read_bytes()
    (tmp_path / 'tiny.tgz').write_bytes(whole[:len(whole) // 2])
    assert 'a damaged archive' in fails(capsys, '--archive', tmp_path / 'tiny.tgz', '--out', out)
    assert not out.exists()


@pytest.fixture
def single(monkeypatch):
    """The tiny corpus as files that are published one by one; gives the address of their folder to the table."""
    def at(address):
        files = tuple(replace(file, url=f'{address}/{file.name}') for file in FILES)
        monkeypatch.setitem(CORPORA, 'tiny', replace(TINY, archive=None, files=files))
    return at


def test_single_files_and_a_mirror(single, tmp_path, serve, out, capsys):
    (tmp_path / 'served').mkdir()
    (tmp_path / 'served/train.json').write_text(LINES, encoding='utf8')
    address = serve(tmp_path / 'served')
    single(address)
    assert 'answered 404' in fails(capsys, '--out', out)
    assert not (out / 'train.json').exists()
    (tmp_path / 'served/test.json').write_text('<!DOCTYPE html><title>Too many requests</title>', encoding='utf8')
    assert 'a web page' in fails(capsys, '--out', out)
    assert os.listdir(out) == []
    (tmp_path / 'served/test.json').write_text(UNLABELLED, encoding='utf8')
    assert main(['tiny', '--out', str(out)]) == 0
    assert (out / 'train.json').read_text(encoding='utf8') == LINES
    assert sorted(os.listdir(out)) == ['test.json', 'train.json']
    single('http://127.0.0.1:9')
    assert main(['tiny', '--out', str(out / 'mirror'), '--url', f'{address}/']) == 0
    assert sorted(os.listdir(out / 'mirror')) == ['test.json', 'train.json']


def test_counts_that_are_not_known(pack, out, capsys, monkeypatch):
    monkeypatch.setitem(CORPORA, 'tiny', replace(TINY, files=(CorpusFile(name='train.json'), FILES[1])))
    assert main(['tiny', '--archive', str(pack(GOOD | {'tiny/train.json': LINES * 2})), '--out', str(out)]) == 0
    assert f'{out / "train.json"}: 4 texts, 8 entities' in capsys.readouterr().out
    broken = pack(GOOD | {'tiny/train.json': LINES * 2 + '{'})
    assert 'train.json:5:' in fails(capsys, '--archive', broken, '--out', out, '--force')
    assert (out / 'train.json').read_text(encoding='utf8') == LINES * 2
