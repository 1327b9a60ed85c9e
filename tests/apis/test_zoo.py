import pytest

from mmner.apis.zoo import find_config, model_zoo, packaged_configs
from mmner.utils import InputError
from tests.runs import ROOT


def test_a_file_comes_before_the_name_of_a_config_of_mmner(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in ROOT.glob('configs/[!_]*/*.py'):
        assert find_config(file.stem).samefile(file)
    (tmp_path / 'bert-tiny_mlm_sample_3e').touch()
    assert find_config('bert-tiny_mlm_sample_3e').samefile('bert-tiny_mlm_sample_3e')


def test_an_unknown_name_shows_the_nearest():
    with pytest.raises(InputError, match='^bert-tiny_mlm_sample_4e: no such config, as a path or in mmner; the nearest '
                                         r'of its \d+: bert-tiny_mlm_sample_3e, '):
        find_config('bert-tiny_mlm_sample_4e')


def test_the_metafiles_list_every_config():
    assert 'bert-tiny_softmax_sample_5e' in model_zoo() and model_zoo().keys() == packaged_configs().keys()
