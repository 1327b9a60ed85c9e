"""Every config builds, loads its weights and trains a step, over small files in the places that it names."""
import json
import re

import pytest
import torch
import yaml
from mmengine.registry import init_default_scope
from safetensors.torch import load_file

from mmner.cli.config import load_config
from mmner.datasets import pack_samples
from mmner.models.encoders.pretrained import to_bert_encoder
from mmner.models.weights import load_whole
from mmner.registry import DATASETS, METRICS, MODELS
from mmner.structures import PackedBatch
from mmner.utils.config import read_config
from tests.runs import ROOT
from tests.stand_ins import BASE_WORDS, bert_shapes
from tests.training_step import train_step

# Those of pre-training find no entities: test_pretraining_configs.py.
CONFIGS = sorted(str(file.relative_to(ROOT)) for file in (ROOT / 'configs').glob('[!_]*/*.py')
                 if file.parent.name != 'pretraining')
OF_BASE = [file for file in CONFIGS if not re.search('/(e5-small|bert-tiny)_', file)]


@pytest.fixture
def config(request, stand_ins, tmp_path):
    """A config over small files; of a base encoder it has one layer, and the words that there are."""
    config = load_config(str(ROOT / request.param))
    init_default_scope('mmner')
    if request.param in OF_BASE:
        config.model.encoder |= dict(num_layers=1, vocab_size=BASE_WORDS)
    for number, teacher in enumerate(config.model.get('objective', {}).get('teachers', [])):
        teacher.checkpoint = str(tmp_path / f'teacher{number}.pth')
        torch.save(MODELS.build(load_config(teacher.config).model).state_dict(), teacher.checkpoint)
    return config


def first_samples(config, split: str, model) -> PackedBatch:
    """Four texts of a split, some with entities."""
    dataset = DATASETS.build(dict(config[f'{split}_dataloader'].dataset, indices=4))
    batch = pack_samples([dataset[index] for index in range(4)])
    assert any(sample.entities for sample in batch.samples)
    categories = dataset.metainfo['categories']
    assert categories[:len(model.decoder.categories)] == model.decoder.categories
    assert all(category in model.decoder.category_index for category in categories)     # also what marks the unknown
    return batch


@pytest.mark.parametrize('config', CONFIGS, indirect=True)
def test_loads_its_weights_trains_a_step_and_predicts(config):
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    if 'bert-tiny' not in config.filename:
        theirs = load_file(f'{config.pretrained}/model.safetensors')
        for name, other in (('embeddings.word', 'embeddings.word_embeddings'),
                            ('layers.0.output', 'encoder.layer.0.output.dense')):
            assert torch.equal(model.encoder.get_parameter(f'{name}.weight'), theirs[f'bert.{other}.weight'])
    train_step(model, config, first_samples(config, 'train', model))
    model.eval()
    for split in ('val', 'test'):
        metric = METRICS.build(config[f'{split}_evaluator'])
        with torch.no_grad():
            metric.process(None, model(first_samples(config, split, model), mode='predict'))
        assert 0 <= metric.evaluate(4)['span/f1'] <= 1


@pytest.mark.parametrize('file', OF_BASE)
def test_a_base_model_has_its_sizes(file):
    sizes = dict(vocab_size=21128, hidden_size=768, num_layers=12, intermediate_size=3072)
    config = load_config(str(ROOT / file))
    assert config.model.encoder | sizes | dict(num_heads=12, max_length=512) == config.model.encoder
    assert config.model.encoder.init_cfg.checkpoint == config.pretrained
    for split in ('train', 'val', 'test'):
        tokenize = config[f'{split}_dataloader'].dataset.pipeline[0]
        assert tokenize.tokenizer.vocab_file == f'{config.pretrained}/vocab.txt'
    with torch.device('meta'):      # shapes alone
        encoder = MODELS.build(dict(config.model.encoder, _scope_='mmner'))
        weights = {name: torch.empty(shape) for name, shape in bert_shapes(**sizes).items()}
    load_whole(encoder, to_bert_encoder(weights, 'BERT-base'), 'BERT-base')


@pytest.mark.parametrize('file', CONFIGS)
def test_begins_with_the_command_that_runs_it(file):
    text = (ROOT / file).read_text(encoding='utf8')
    comment = text.split('\n_base_')[0]
    assert all(line.startswith('#') for line in comment.strip().splitlines())
    assert f'# python tools/train.py {file}' in comment


@pytest.mark.parametrize('file', sorted(ROOT.glob('configs/[!_]*/e5-small_*.py')), ids=lambda file: file.stem)
def test_begins_with_what_must_be_there_before(file):
    """The pretrained weights, jieba's words and the teachers."""
    config = read_config(str(file))
    commands = file.read_text(encoding='utf8').split(f'\n# python tools/train.py {file.relative_to(ROOT)}')[0]
    assert f' --out {config.pretrained} ' in f'{commands} '.replace('\n', ' ')
    assert ("'jieba'" in str(config)) == ('# pip install -r requirements-lexicon.txt' in commands)
    trained = re.findall(r'^# python tools/train.py (\S+) --amp$', commands, re.M)
    assert trained == [teacher.config for teacher in config.model.get('objective', {}).get('teachers', [])]


def test_every_config_stands_in_a_metafile_of_the_index():
    metafiles = yaml.safe_load((ROOT / 'model-index.yml').read_text())['Import']
    assert sorted(metafiles) == sorted(str(file.relative_to(ROOT)) for file in ROOT.glob('configs/*/metafile.yml'))
    contents = [yaml.safe_load((ROOT / file).read_text()) for file in metafiles]
    models = [model for content in contents for model in content['Models']]
    assert sorted(model['Config'] for model in models) == sorted(
        str(file.relative_to(ROOT)) for file in ROOT.glob('configs/[!_]*/*.py'))
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
    assert 'ended at {:.4f} and {:.4f}'.format(*(run['most_probable_valid']['f1'] for run in (first, second))) in readme
