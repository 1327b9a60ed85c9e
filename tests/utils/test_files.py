from pathlib import Path

import pytest

from mmner.utils import InputError
from mmner.utils.files import finished_folder, written_aside


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


def test_a_folder_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('.', tmp_path):
        with pytest.raises(IsADirectoryError, match='Is a directory'), written_aside(Path(name)):
            pytest.fail('begun in vain')
    assert not list(tmp_path.iterdir())


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


def test_files_of_the_folder_one_is_in(tmp_path, monkeypatch):
    (tmp_path / 'here').mkdir()
    monkeypatch.chdir(tmp_path / 'here')
    with finished_folder(Path('.')) as folder:
        (folder / 'file').touch()
    assert sorted(tmp_path.rglob('*')) == [tmp_path / 'here', tmp_path / 'here/file']


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match='file/out: cannot be made .Not a directory.'), \
            finished_folder(tmp_path / 'file/out'):
        pass
