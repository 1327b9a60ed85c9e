import json

import pytest
from mmengine.config import Config
from mmengine.registry import Registry

from mmner.cli.config_data import annotation_files, build_readers, read_dataset_texts, training_records
from mmner.datasets import ConllReader
from mmner.datasets.folds import fold_numbers
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


def test_joined_and_repeated_datasets_are_those_that_they_are_made_of(tmp_path):
    for name in 'abc':
        (tmp_path / f'{name}.jsonl').write_text(json.dumps(dict(text=name)))
    a, b, c = (dict(type='NERDataset', data_root=str(tmp_path), ann_file=f'{name}.jsonl', categories=['a'],
                    reader=dict(type='JsonLinesReader'), pipeline=[dict(type='PackNERInputs')]) for name in 'abc')
    joined = dict(type='ConcatDataset', datasets=[a, dict(type='RepeatDataset', times=2, dataset=b)])
    config = Config(dict(train_dataloader=dict(dataset=joined), val_dataloader=dict(dataset=c)))
    files = [tmp_path / f'{name}.jsonl' for name in 'abc']
    assert annotation_files(config) == files
    assert list(build_readers(config, 'a.py')) == list(map(str, files))
    assert [record['text'] for record in training_records(config, 'a.py')] == ['a', 'b']
    joined['datasets'][1]['dataset'] = dict(type='Own')
    config = Config(dict(train_dataloader=dict(dataset=joined)))
    with pytest.raises(InputError, match='^a.py: its dataset Own names no ann_file with a reader; give the annotation'):
        build_readers(config, 'a.py')


def test_what_was_trained_on_are_the_texts_of_the_fold(tmp_path):
    (tmp_path / 'train.jsonl').write_text('\n'.join(json.dumps(dict(text=str(number))) for number in range(9)))
    dataset = dict(
        type='TrainingFolds', fold=1, num_folds=2, seed=3, indices=6, data_root=str(tmp_path), ann_file='train.jsonl',
        reader=dict(type='JsonLinesReader'), categories=['a'], pipeline=[dict(type='PackNERInputs')])
    config = Config(dict(train_dataloader=dict(dataset=dataset)))
    folds = fold_numbers('012345', num_folds=2, seed=3)
    trained = [text for text, fold in zip('012345', folds, strict=True) if fold != 1]
    assert [record['text'] for record in training_records(config, 'a.py')] == trained and len(trained) == 3
    (tmp_path / 'train.jsonl').unlink()
    assert training_records(config, 'a.py') is None
    assert training_records(Config(), 'a.py') is None


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
