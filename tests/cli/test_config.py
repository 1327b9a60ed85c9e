from mmner.cli.config import is_config


def test_a_file_comes_before_the_name_of_a_config_of_mmner(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_config('bert-tiny_mlm_sample_3e') and is_config('absent.py') and not is_config('resume')
    (tmp_path / 'bert-tiny_mlm_sample_3e').touch()
    assert not is_config('bert-tiny_mlm_sample_3e')
