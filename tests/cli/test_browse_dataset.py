import re
from io import StringIO
from unittest.mock import Mock

import numpy as np
import pytest
from mmengine.registry import Registry

from mmner.cli.browse_dataset import chosen, main, show
from mmner.datasets import NERDataset
from mmner.registry import DATASETS
from mmner.structures import Entity, NERDataSample
from mmner.utils import InputError
from tests.runs import ROOT, tool, write_config


def test_the_command_of_the_page():
    page = (ROOT / 'docs/formats.md').read_text(encoding='utf8')
    command, = re.findall('^python tools/analysis_tools/browse_dataset.py (.*)$', page, re.M)
    done = tool('analysis_tools/browse_dataset.py', *command.split())
    assert done.returncode == 0, done.stderr
    samples = done.stdout.strip().split('\n\n')
    assert len(samples) == 5
    for sample in samples:
        head, entities, tokens = sample.splitlines()
        text = tokens.replace('│', '')
        assert re.fullmatch(rf'sample \d+: {len(text)} characters, tokens {len(text) + 2}', head)
        assert ']scene' in entities and re.sub(r'\[|\][a-z]+', '', entities) == text


LINE = '{"text": "王伟在北京大学", "label": {"name": {"王伟": [[0, 1]], "北京": [[3, 4]]}}}\n'


@pytest.mark.parametrize(('on_long', 'expected'), [
    ('window', ['sample 0: 7 characters, tokens 6 + 6', '[王伟]name在[北京]name大学', '王│伟│在│北│京│大│学', '']),
    ('truncate', ['sample 0: 7 characters, tokens 6', '[王伟]name在北京大学', '王│伟│在│北',
                  "not as annotated: name '北京'", ''])])
def test_texts_that_are_longer_than_the_model_reads(tmp_path, capsys, on_long, expected):
    step = f'dict(_base_.pipeline[0], max_length=6, on_long={on_long!r})'
    config = write_config(tmp_path, train_dataloader=f'dict(dataset=dict(data_root={str(tmp_path)!r}, '
                                                     f'pipeline=[{step}, *_base_.pipeline[1:]]))')
    (tmp_path / 'train.json').write_text(LINE, encoding='utf8')
    assert main([str(config)]) == 0
    assert capsys.readouterr().out.splitlines() == expected


def test_a_discontinuous_entity_that_cannot_be_learnt():
    sample = NERDataSample(0, 'a b c', [Entity('[b]:heart:', 0, 5, fragments=((0, 1), (4, 5)))])
    inputs = dict(sequence_lengths=[7], input_ids=np.zeros(7), unit_to_token=np.arange(1, 6))
    console = show([(sample, inputs)], ['[b]:heart:'], 1, StringIO())
    assert console.export_text().splitlines()[-2] == "not as annotated: [b]:heart: 'a … c'"


def test_labels_are_listed_as_what_they_are():
    dataset = Mock(metainfo=dict(categories=['a b', 'a\nb']))
    with pytest.raises(InputError, match=r"^--label 'a\\\\nb': unknown category; known are a b, 'a\\nb'$"):
        list(chosen(dataset, r'a\nb'))


def test_a_page(tmp_path, capsys):
    config = write_config(tmp_path)
    assert main([str(config), '--first', '2', '--html', str(tmp_path / 'a/page.html')]) == 0
    page = (tmp_path / 'a/page.html').read_text(encoding='utf8')
    assert page.count('characters, tokens') == 2 and 'charset="UTF-8"' in page
    assert 'characters, tokens' not in capsys.readouterr().out


def test_a_dataset_in_a_scope_below_mmner(tmp_path, capsys):
    Registry('dataset', parent=DATASETS, scope='browsed').register_module('Browsed', module=NERDataset)
    assert main([str(write_config(tmp_path)), '--first', '1', '--cfg-options', 'default_scope=browsed',
                 'train_dataloader.dataset.type=Browsed']) == 0
    assert capsys.readouterr().out.startswith('sample 0:')


def test_a_pretraining_config_is_refused(capsys):
    config = str(ROOT / 'configs/pretraining/bert-tiny_mlm_sample_3e.py')
    assert main([config]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f'error: {config}: its samples have no entities, being made for pretraining; give the config of an NER model')


@pytest.mark.parametrize(('options', 'reason'), [
    (['--label', 'no'], "--label 'no': unknown category; known are address,"),
    (['--split', 'val', '--cfg-options', 'val_dataloader.dataset.pipeline=[]'],
     'small.py: the val dataset has no pipeline with PackNERInputs; give it one, or choose another --split'),
    (['--html', '{}/train.json/a.html'], '/train.json/a.html: File exists; give another file'),
    (['--html', '{}/train.json'], '/train.json: is read by this command; give another name'),
    (['--html', '{}/small.py'], '/small.py: is read by this command; give another name')])
def test_mistakes(tmp_path, capsys, options, reason):
    config = write_config(tmp_path)
    assert main([str(config), *(option.format(tmp_path) for option in options)]) == 1
    assert reason in capsys.readouterr().err.splitlines()[-1]
