import os

import pytest

from mmner.apis.model_source import find_model
from mmner.utils import InputError
from tests.runs import ROOT


def test_a_work_dir_has_its_config_and_its_last_checkpoint(small_model):
    source = find_model(small_model)
    assert source.config_file == small_model / 'small.py' and source.weights == small_model / 'epoch_30.pth'
    assert source.config.model.encoder.hidden_size == 32


def test_the_best_checkpoint_comes_before_the_last(small_model, tmp_path):
    for name in ('small.py', 'epoch_30.pth', 'best_span_f1_epoch_20.pth'):
        (tmp_path / name).write_text('' if name.endswith('pth') else (small_model / name).read_text())
    assert find_model(tmp_path).weights == tmp_path / 'best_span_f1_epoch_20.pth'


def test_paths_of_the_config_lead_somewhere_from_any_folder(small_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tokenizer = find_model(small_model).config.test_dataloader.dataset.pipeline[0].tokenizer
    assert os.path.samefile(tokenizer.vocab_file, ROOT / 'mmner/datasets/sample/vocab.txt')


def test_a_model_without_weights_says_how_to_get_some(small_model, tmp_path):
    with pytest.raises(InputError, match='small.py: has no weights; give a checkpoint .* or train it'):
        find_model(small_model / 'small.py')
    (tmp_path / 'small.py').write_bytes((small_model / 'small.py').read_bytes())
    with pytest.raises(InputError, match='has no weights'):
        find_model(tmp_path)
    (tmp_path / 'other.py').touch()
    with pytest.raises(InputError, match='this folder has other.py, small.py; give the config file and the weights'):
        find_model(tmp_path)


def test_a_checkpoint_is_no_model_and_a_work_dir_is_its_checkpoint(small_model, tmp_path):
    checkpoint = find_model(small_model).weights
    with pytest.raises(InputError, match='is a checkpoint; give the work dir'):
        find_model(checkpoint)
    assert find_model(small_model, small_model).weights == checkpoint


def test_a_model_of_the_zoo_by_name_with_given_weights(small_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = find_model('bert-tiny_softmax_sample_5e', small_model / 'epoch_30.pth')
    assert os.path.samefile(source.config_file, ROOT / 'configs/bert_softmax/bert-tiny_softmax_sample_5e.py')


def test_weights_of_the_zoo_are_fetched(small_model, serve, tmp_path, monkeypatch):
    monkeypatch.setenv('MMNER_CACHE', str(tmp_path / 'cache'))
    config = tmp_path / 'configs/any/tiny.py'
    config.parent.mkdir(parents=True)
    config.symlink_to(small_model / 'small.py')
    (tmp_path / 'metafile.yml').write_text(
        f'Models: [{{Name: tiny, Weights: "{serve(small_model)}/epoch_30.pth"}}]')
    (tmp_path / 'model-index.yml').write_text('Import: [metafile.yml]')
    monkeypatch.setattr('mmner.apis.zoo.PACKAGED', tmp_path)
    weights = find_model('tiny').weights
    assert weights.is_relative_to(tmp_path / 'cache')
    assert weights.read_bytes() == (small_model / 'epoch_30.pth').read_bytes()
