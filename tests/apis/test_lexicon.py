"""A lexicon from the config to the entities, with a model of which one knows what it finds: the words tagged `hero`."""
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mmner.apis import NERInferencer
from mmner.cli.config import load_config
from mmner.registry import MODELS
from mmner.structures import Entity
from mmner.utils import InputError
from tests.runs import ROOT, write_whole

TAGS = ['hero', 'thing', 'zero']
CONFIG = 'configs/lexicon/e5-small_softmax_lexicon-lstm_cluener_6e.py'


def write_config(folder: Path, **changes) -> Path:
    (folder / 'vocab.txt').write_bytes('\n'.join(['[PAD]', '[UNK]', '[CLS]', '[SEP]', *'孙悟空']).encode())
    config = Config.fromfile(ROOT / 'configs/bert_softmax/bert-tiny_softmax_sample_5e.py')
    config.test_dataloader.dataset.pipeline = [
        dict(type='Tokenize', max_length=20, overlap=8,
             tokenizer=dict(type='BertVocabTokenizer', vocab_file=str(folder / 'vocab.txt'))),
        dict(type='MatchLexicon', sources=[str(folder / 'words.txt')], tags=TAGS) | changes,
        dict(type='PackNERInputs')]
    config.model.encoder.update(vocab_size=7, hidden_size=4, num_layers=0, num_heads=1)
    config.model.neck = dict(type='LexiconNeck', hidden_size=4, tags=TAGS, feature_size=2, neck=config.model.neck)
    config.model.decoder.hidden_size = 4
    write_whole(config, folder / 'heroes.py')
    return folder / 'heroes.py'


def write_weights(config: Config, file: Path) -> None:
    """All 0, but that the places begin and single of `hero` lead to B-name, middle and end to I-name."""
    model = MODELS.build(dict(config.model) | dict(_scope_='mmner'))
    weights = {key: torch.zeros_like(value) for key, value in model.state_dict().items()}
    weights['neck.features.tag_hero'] += torch.tensor([[1., 0], [0, 1], [0, 1], [1, 0]])
    weights['neck.fuse.0.weight'][:2, 4:] = torch.eye(2)
    tags = model.decoder.tag_scheme.tags
    weights['decoder.classifier.bias'][tags.index('O')] = 50
    for dimension, tag in enumerate(('B-name', 'I-name')):
        weights['decoder.classifier.weight'][tags.index(tag), dimension] = 100
    torch.save(dict(state_dict=weights), file)


@pytest.fixture
def heroes(tmp_path):
    """Makes an inferencer whose lexicon has these words; the weights never change."""
    config = write_config(tmp_path)
    write_weights(Config.fromfile(config), tmp_path / 'heroes.pth')

    def build(*words: str, **arguments) -> NERInferencer:
        (tmp_path / 'words.txt').write_text('\n'.join(words), encoding='utf8')
        return NERInferencer(config, tmp_path / 'heroes.pth', **arguments)
    return build


def test_new_words_are_found_without_training(heroes):
    text = '孙悟空和猪八戒吃桃'
    assert heroes('孙悟空\thero', '桃\tthing')(text).entities == [Entity('name', 0, 3, 1.0)]
    assert heroes('孙悟空\thero', '猪八戒\thero', '桃\thero')(text).entities == [
        Entity('name', 0, 3, 1.0), Entity('name', 4, 7, 1.0), Entity('name', 8, 9, 1.0)]


@pytest.mark.parametrize('max_tokens', [40, 60, 10**6])
def test_a_long_text_in_many_parts(heroes, max_tokens):
    text = '齐天大圣孙悟空去西天' * 40 + '猪八戒'
    inferencer = heroes('孙悟空\thero', '猪八戒\thero', '西天\tthing', max_tokens=max_tokens)
    expected = [(start, start + 3) for start in [*range(4, 400, 10), 400]]
    for found in (inferencer(text), inferencer(['天', text, '', text])[3]):
        assert [(entity.start, entity.end) for entity in found.entities] == expected


def test_a_tag_that_the_model_does_not_know(heroes, tmp_path):
    with pytest.raises(InputError, match=r"words.txt:2: '桃' has the tag 'fruit', which is none of hero, thing, zero;"):
        heroes('孙悟空\thero', '桃\tfruit')
    write_config(tmp_path, tags=[*TAGS, 'fruit'])
    inferencer = heroes('孙悟空\thero', '桃\tfruit')
    with pytest.raises(InputError, match='a MatchLexicon with other tags; give both the same tags'):
        inferencer('孙悟空')


def test_the_configs_of_the_readme(tmp_path):
    page = (ROOT / 'configs/lexicon/README.md').read_text(encoding='utf8')
    more_words, more_tags = re.findall(r'```python\n(.*?)```', page, re.S)
    base = Config.fromfile(ROOT / CONFIG)
    for content, name, tags in ((more_words, 'games.txt', base.tags),
                                (more_tags, 'gazetteer.txt', [*base.tags, 'game', 'company'])):
        (tmp_path / 'own.py').write_text(content.replace("_base_ = '", f"_base_ = '{(ROOT / CONFIG).parent}/"))
        (tmp_path / name).touch()               # beside the config, which is not the current folder
        config = load_config(str(tmp_path / 'own.py'))
        match = config.test_dataloader.dataset.pipeline[1]
        assert (match.type, match.sources, match.tags) == ('MatchLexicon', ['jieba', f'{tmp_path}/{name}'], tags)
        assert config.model.neck.neck.tags == tags
        assert config.model.neck.neck.type == 'LexiconNeck' and len(config.test_dataloader.dataset.pipeline) == 3
    assert config.train_dataloader.dataset.pipeline == config.val_dataloader.dataset.pipeline \
        == config.test_dataloader.dataset.pipeline
