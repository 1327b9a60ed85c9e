import pytest
from mmengine.config import Config
from mmengine.registry import Registry

from mmner.registry import DATASETS
from mmner.utils import InputError
from mmner.utils.config import building


def test_parts_are_built_in_the_scope_of_their_config():
    Registry('dataset', parent=DATASETS, scope='below').register_module('Below', module=dict)
    with building(Config(dict(default_scope='below')), 'a.py'):
        assert DATASETS.build(dict(type='Below', size=3)) == dict(size=3)
    with pytest.raises(InputError, match='^a.py: Below is not in'), building(Config(), 'a.py'):
        DATASETS.build(dict(type='Below'))
