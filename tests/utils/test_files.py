import pytest

from mmner.utils.files import written_aside


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
