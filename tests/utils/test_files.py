import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mmner.utils import InputError
from mmner.utils.files import finished_folder, refuse_input, require_writable, written_aside
from tests.runs import ROOT


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    file = tmp_path / 'new/file.txt'
    with written_aside(file) as sink:
        sink.write('甲\ud800\n')
        assert not file.exists()
    assert file.read_bytes() == '甲\\ud800\n'.encode() and list(file.parent.iterdir()) == [file]
    with pytest.raises(KeyError), written_aside(file) as sink:
        sink.write('half')
        raise KeyError
    assert file.read_bytes() == '甲\\ud800\n'.encode() and list(file.parent.iterdir()) == [file]


def test_another_file_of_a_like_name_stays(tmp_path):
    file, other = tmp_path / 'file', tmp_path / 'file.part'
    other.write_text('of somebody')
    with written_aside(file) as first, written_aside(file) as second:
        first.write('first')
        second.write('second')
    assert file.read_text() == 'first' and other.read_text() == 'of somebody'
    assert sorted(tmp_path.iterdir()) == [file, other]


def test_a_folder_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('.', tmp_path):
        with pytest.raises(IsADirectoryError, match='Is a directory'), written_aside(Path(name)):
            pytest.fail('begun in vain')
    assert not list(tmp_path.iterdir())


def test_a_link_stays_and_its_target_is_written(tmp_path):
    link, target = tmp_path / 'link', tmp_path / 'target'
    link.symlink_to('target')
    for text in ('first', 'second'):            # the target is new, then old
        with written_aside(link) as sink:
            sink.write(text)
        assert link.is_symlink() and target.read_text() == text
    assert sorted(tmp_path.iterdir()) == [link, target]


def test_a_pipe_is_written_to(tmp_path):
    pipe = tmp_path / 'pipe'
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reader = pool.submit(pipe.read_text)
        with written_aside(pipe) as sink:
            sink.write('甲')
        assert reader.result(timeout=10) == '甲'
    assert pipe.is_fifo() and list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize('name', ['/dev/stdout', '/dev/stderr', 'log'])
def test_a_file_to_which_the_shell_sends_the_output_is_refused(tmp_path, name):
    code = ('import sys; from pathlib import Path; from mmner.utils.files import require_writable, written_aside\n'
            'for use in (lambda file: require_writable(file, "--out"), lambda file: written_aside(file).__enter__()):\n'
            '    try: use(Path(sys.argv[1]))\n    except ValueError as error: print(error)')
    log = tmp_path / 'log'
    log.write_text('earlier\n')
    with log.open('a') as sink:
        subprocess.run([sys.executable, '-c', code, name], cwd=tmp_path, stdout=sink, stderr=sink, check=True,
                       env=os.environ | dict(PYTHONPATH=str(ROOT)))
    assert log.read_text() == 'earlier\n' + f'{name}: stdout goes there already; give another name\n' * 2


def test_what_can_be_written_and_what_not(tmp_path):
    file, pipe, link = tmp_path / 'new/file', tmp_path / 'pipe', tmp_path / 'link'
    os.mkfifo(pipe)
    link.symlink_to('file/under')
    for writable in (None, file, pipe):
        require_writable(writable, '--out')
    (tmp_path / 'file').touch()
    for refused, reason in ((tmp_path, 'is a folder; give a file'), (link, 'File exists; give another file')):
        with pytest.raises(InputError) as caught:
            require_writable(refused, '--out')
        assert str(caught.value) == f'--out {refused}: {reason}'
    assert sorted(tmp_path.iterdir()) == [tmp_path / 'file', link, tmp_path / 'new', pipe]
    assert not list((tmp_path / 'new').iterdir())


def test_an_input_is_no_output(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('file').touch()
    Path('link').symlink_to('file')
    for out, given in (('file', tmp_path / 'file'), ('link', 'file'), ('file', 'link')):
        with pytest.raises(InputError, match=f'^{out}: is read by this command; give another name$'):
            refuse_input(Path(out), [None, 'other', given])
    for out, given in ((None, 'file'), ('new', 'new'), ('other', 'file'), (os.devnull, os.devnull)):
        refuse_input(out and Path(out), [given])


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    out = tmp_path / 'a/out'
    with pytest.raises(KeyError), finished_folder(out) as folder:
        (folder / 'half').touch()
        raise KeyError
    assert not list(out.parent.iterdir())
    with finished_folder(out) as folder:
        (folder / 'file').touch()
        assert not out.exists()
    assert list(out.parent.rglob('*')) == [out, out / 'file']


def test_files_of_a_folder_replace_those_that_lie_there(tmp_path):
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'file').write_text('old')
    (out / 'other').touch()
    with finished_folder(out) as folder:
        (folder / 'file').write_text('new')
    assert (out / 'file').read_text() == 'new' and sorted(tmp_path.rglob('*')) == [out, out / 'file', out / 'other']


def test_a_folder_that_is_in_the_way_keeps_all_as_it_is(tmp_path):
    (tmp_path / 'out/m').mkdir(parents=True)
    with (pytest.raises(InputError, match='out/m is a folder and cannot become a file'),
          finished_folder(tmp_path / 'out') as folder):
        for name in 'almz':
            (folder / name).touch()
    assert sorted(tmp_path.rglob('*')) == [tmp_path / 'out', tmp_path / 'out/m']


def test_what_a_killed_run_left_is_in_nobodys_way(tmp_path):
    out = tmp_path / 'out'
    # Of the same process number, as in a container, whose first process is always 1.
    with finished_folder(out), finished_folder(out) as folder:
        (folder / 'file').touch()
    assert list(tmp_path.rglob('*')) == [out, out / 'file']


def test_a_link_to_a_folder_stays(tmp_path):
    link, target = tmp_path / 'link', tmp_path / 'elsewhere/target'
    link.symlink_to(target)
    for name in 'ab':                           # the target is new, then old
        with finished_folder(link) as folder:
            (folder / name).touch()
    assert link.is_symlink() and sorted(target.iterdir()) == [target / 'a', target / 'b']


def test_files_of_the_folder_one_is_in(tmp_path, monkeypatch):
    (tmp_path / 'here').mkdir()
    monkeypatch.chdir(tmp_path / 'here')
    with finished_folder(Path('.')) as folder:
        (folder / 'file').touch()
    assert sorted(tmp_path.rglob('*')) == [tmp_path / 'here', tmp_path / 'here/file']


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match='file/out: cannot be made .File exists.'), \
            finished_folder(tmp_path / 'file/out'):
        pass
