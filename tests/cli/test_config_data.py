import pytest
from mmengine.registry import Registry

from mmner.cli.config_data import read_dataset_texts
from mmner.datasets import ConllReader
from mmner.registry import READERS
from mmner.utils import InputError

CONFIG = """
data_root = {root!r}
reader = dict(type='ConllReader', joiner='')
train_dataloader = dict(dataset=dict(type='NERDataset', data_root=data_root, ann_file='a.bmes', reader=reader))
val_dataloader = dict(dataset=dict(type='NERDataset', data_root=data_root, ann_file='b.bmes', reader=reader))
test_dataloader = val_dataloader
"""


def test_texts_without_tags_each_file_once(tmp_path):
    (tmp_path / 'a.bmes').write_text('北 B-LOC\n京 E-LOC\n\n好 O\n', encoding='utf8')
    (tmp_path / 'b.bmes').write_text('上 B-LOC\n海 E-LOC\n', encoding='utf8')
    config = tmp_path / 'corpus.py'
    config.write_text(CONFIG.format(root=str(tmp_path)))
    assert read_dataset_texts(config) == ['北京', '好', '上海']
    Registry('reader', parent=READERS, scope='below').register_module('Below', module=ConllReader)
    config.write_text("default_scope = 'below'" + CONFIG.format(root=str(tmp_path)).replace('ConllReader', 'Below'))
    assert read_dataset_texts(config) == ['北京', '好', '上海']


@pytest.mark.parametrize('content, message', [
    ('a = 1', 'corpus.py: names no annotation file with a reader'),
    (CONFIG.format(root='/absent'), 'a.bmes'),
    (CONFIG.format(root='/absent').replace('ConllReader', 'NoReader'), 'NoReader'),
])
def test_mistakes_are_one_line(tmp_path, content, message):
    (tmp_path / 'corpus.py').write_text(content)
    with pytest.raises(InputError) as caught:
        read_dataset_texts(tmp_path / 'corpus.py')
    assert message in str(caught.value) and '\n' not in str(caught.value)
