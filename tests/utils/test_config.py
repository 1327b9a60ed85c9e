from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import Registry

from mmner.registry import DATASETS
from mmner.utils import InputError
from mmner.utils.config import building, localized, read_config


def test_parts_are_built_in_the_scope_of_their_config():
    Registry('dataset', parent=DATASETS, scope='below').register_module('Below', module=dict)
    with building(Config(dict(default_scope='below')), 'a.py'):
        assert DATASETS.build(dict(type='Below', size=3)) == dict(size=3)
    with pytest.raises(InputError, match='^a.py: Below is not in'), building(Config(), 'a.py'):
        DATASETS.build(dict(type='Below'))


def test_lazy_configs_name_their_parts_by_strings(tmp_path):
    (tmp_path / 'base.py').write_text('from mmner.models import NERModel, SoftmaxDecoder\n'
                                      'model = dict(type=NERModel, decoder=dict(type=SoftmaxDecoder))\n')
    (tmp_path / 'lazy.py').write_text('from mmengine.config import read_base\nwith read_base():\n'
                                      '    from .base import *\nmodel.update(neck=None)\n')
    config = read_config(str(tmp_path / 'lazy.py'))
    assert config.to_dict() == dict(model=dict(
        type='mmner.models.NERModel', neck=None, decoder=dict(type='mmner.models.SoftmaxDecoder')))
    assert Path(config.filename).name == 'lazy.py'


def test_the_nearest_folder_counts_and_the_current_one_first(tmp_path, monkeypatch):
    for folder in ('', 'near', 'here'):
        (tmp_path / folder / 'a').mkdir(parents=True)
        (tmp_path / folder / 'a/file').touch()
    (tmp_path / 'a/other').touch()
    (tmp_path / 'empty').mkdir()
    monkeypatch.chdir(tmp_path / 'empty')
    folders = [tmp_path / 'near', tmp_path]
    value = dict(one='a/file', many=['a/other', 'a/absent', 3, ('name',)], url='https://a/file', name='a')
    assert localized(value, folders) == dict(
        one=f'{tmp_path}/near/a/file', many=[f'{tmp_path}/a/other', 'a/absent', 3, ('name',)], url='https://a/file',
        name='a')
    value = dict(data_root='near/a', ann_file='a/file', copy=dict(ann_file='a/file'))
    assert localized(value, folders[1:]) == dict(
        data_root=f'{tmp_path}/near/a', ann_file='a/file', copy=dict(ann_file=f'{tmp_path}/a/file'))
    monkeypatch.chdir(tmp_path / 'here')
    assert localized('a/file', folders) == 'a/file'
