"""Pre-train, convert, fine-tune: by the tools, as a user does."""
import json

import pytest
import torch
from safetensors.torch import load_file

from mmner.models.encoders import PretrainedBertEncoder
from mmner.models.weights import read_weights
from tests.runs import ROOT, forked_tool, tool

CONFIG = 'configs/pretraining/bert-tiny_mlm-nsp_sample_3e.py'


def write_config(folder, name: str, *lines: str):
    """A config whose train and dev files are 24 texts, written there."""
    texts = (ROOT / 'mmner/datasets/sample/train.json').read_text(encoding='utf8').split('\n')[:24]
    (folder / 'texts.json').write_text('\n'.join(texts) + '\n', encoding='utf8')
    dataset = dict(data_root=str(folder), ann_file='texts.json')
    loaders = (f'{split}_dataloader = dict(batch_size=8, dataset={dataset})' for split in ('train', 'val', 'test'))
    config = folder / name
    config.write_text('\n'.join([*lines, *loaders, 'train_cfg = dict(max_epochs=2)', 'param_scheduler = []']) + '\n')
    return config


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    """The config and the checkpoint of a pre-training of six steps."""
    folder = tmp_path_factory.mktemp('pretraining')
    config = write_config(folder, 'pretraining.py', f'_base_ = {str(ROOT / CONFIG)!r}',
                          'model = dict(encoder=dict(hidden_size=32, num_heads=2, intermediate_size=64))')
    done = forked_tool('train.py', config, '--work-dir', folder / 'run')
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for file in folder.glob('run/*/vis_data/scalars.json')
             for line in file.read_text().splitlines()]
    assert any({'mlm/perplexity', 'mlm/accuracy', 'nsp/accuracy'} <= line.keys() for line in lines)
    return config, folder / 'run/epoch_2.pth'


def convert(run, out, tool=forked_tool):
    return tool('model_converters/pretraining_to_hf.py', *run, '--out', out)


def test_the_folder_holds_what_was_learned_and_fine_tunes(run, tmp_path):
    out = tmp_path / 'new/encoder'
    done = convert(run, out, tool)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f'wrote {out}: config.json, model.safetensors, vocab.txt\n'
    encoder = PretrainedBertEncoder(checkpoint=str(out))
    encoder.init_weights()
    learned = read_weights(run[1])
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, learned[f'encoder.{name}']), name
    written = load_file(out / 'model.safetensors')
    assert torch.equal(written['cls.predictions.transform.dense.weight'], learned['heads.0.dense.weight'])
    assert torch.equal(written['cls.seq_relationship.weight'], learned['heads.1.classifier.weight'])
    assert (out / 'vocab.txt').read_bytes() == (ROOT / 'mmner/datasets/sample/vocab.txt').read_bytes()

    config = write_config(
        tmp_path, 'fine_tuning.py', f'_base_ = {str(ROOT / "configs/bert_softmax/bert-tiny_softmax_sample_5e.py")!r}',
        f'model = dict(encoder=dict(_delete_=True, type="PretrainedBertEncoder", checkpoint={str(out)!r}), '
        'decoder=dict(hidden_size=32))')
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'run/epoch_2.pth').is_file()


def test_pretraining_goes_on_from_the_folder_with_its_heads(run, tmp_path):
    out = tmp_path / 'encoder'
    assert convert(run, out).returncode == 0
    config = write_config(
        tmp_path, 'more.py', f'_base_ = {str(ROOT / CONFIG)!r}',
        f'model = dict(encoder=dict(_delete_=True, type="PretrainedBertEncoder", checkpoint={str(out)!r}))')
    done = forked_tool('train.py', config, '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stderr
    for head in ('MaskedLanguageHead', 'NextSentenceHead'):
        assert f'{head}: loaded from {out}/model.safetensors' in done.stdout + done.stderr


@pytest.mark.parametrize(('mistake', 'message'), [
    ('exists', 'exists; give another --out'),
    ('no pre-training', 'its model is a NERModel; give the config of a pre-training'),
    ('no model', 'sample.py: has no model; give a config with one, not one of _base_'),
    ('no checkpoint', 'no such checkpoint')])
def test_mistakes_are_one_line(run, tmp_path, mistake, message):
    out, (config, checkpoint) = tmp_path / 'encoder', run
    if mistake == 'exists':
        out.mkdir()
    if mistake == 'no pre-training':
        config = 'configs/bert_softmax/bert-tiny_softmax_sample_5e.py'
    if mistake == 'no model':
        config = 'configs/_base_/datasets/sample.py'
    if mistake == 'no checkpoint':
        checkpoint = tmp_path / 'none.pth'
    done = convert((config, checkpoint), out)
    assert done.returncode == 1 and done.stderr.count('\n') == 1
    assert done.stderr.startswith('error: ') and message in done.stderr
    assert not list(tmp_path.glob('encoder/*'))
