"""Gold of corpora in words and with nested entities, sent through the whole path as if it were predicted, is whole."""
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope

from mmner.cli.split_dataset import main as split_dataset
from mmner.datasets import pack_samples
from mmner.evaluation import SpanF1Metric
from mmner.models.decoders import EfficientGlobalPointerDecoder, SoftmaxDecoder
from mmner.registry import DATASETS
from mmner.utils.config import read_config
from mmner.visualization import to_html
from tests.test_gold import decoded


@pytest.fixture(scope='module')
def read(root, shared, tmp_path_factory):
    """Reads a part of a corpus as its dataset config says; short sequences, so that texts are cut into windows."""
    def run(name: str, part: str):
        init_default_scope('mmner')
        file = root / f'configs/_base_/datasets/{name.removesuffix("_heldout")}.py'
        config = read_config(str(file))[f'{part}_dataloader'].dataset
        tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(shared / 'vocab/bert-base-chinese/vocab.txt'))
        config.pipeline = [dict(type='Tokenize', max_length=34, tokenizer=tokenizer), dict(type='PackNERInputs')]
        config.data_root = str(folders[name] if name in folders else shared / 'data' / name)
        dataset = DATASETS.build(config)
        return dataset, pack_samples([dataset[index] for index in range(len(dataset))])

    folders = {name: tmp_path_factory.mktemp(name) for name in ('cmeee_nested', 'cluener_heldout')}
    for name, source, parts in (
            ('cmeee_nested', 'cmeee_nested/CMeEE_dev.json', ('train.json=0.8', 'dev.json=0.1', 'test.json=0.1')),
            ('cluener_heldout', 'cluener/train.json', ('train.json=0.9', 'dev.json=0.1'))):
        assert split_dataset([str(shared / 'data' / source), str(folders[name]), '--parts', *parts]) == 0
    return run


def score(batch, predicted) -> dict[str, float]:
    metric = SpanF1Metric()
    metric.process({}, [replace(sample, predicted=entities) for sample, entities
                        in zip(batch.samples, predicted, strict=True)])
    return metric.evaluate(len(batch.samples))


@pytest.mark.parametrize(('name', 'part', 'samples', 'gold'), [
    ('resume', 'train', 3821, 13440), ('resume', 'val', 463, 1497), ('resume', 'test', 477, 1630),
    ('wnut17', 'train', 3394, 1975), ('wnut17', 'val', 1009, 836), ('wnut17', 'test', 1287, 1079)])
def test_tags_hold_a_corpus_without_overlaps(read, name, part, samples, gold):
    dataset, batch = read(name, part)
    assert len(batch.samples) == samples < len(batch.cu_seqlens) - 1, 'windows'
    for scheme in ('BIO', 'BILOU'):
        decoder = SoftmaxDecoder(hidden_size=4, tag_scheme=dict(type=scheme, categories=dataset.metainfo['categories']))
        result = score(batch, decoded(decoder, batch))
        assert result['span/f1'] == 1.0 and result['span/gold'] == gold


@pytest.mark.parametrize(('part', 'samples'), [('train', 4000), ('val', 500), ('test', 500)])
def test_spans_hold_nested_entities(read, part, samples):
    dataset, batch = read('cmeee_nested', part)
    decoder = EfficientGlobalPointerDecoder(hidden_size=4, categories=dataset.metainfo['categories'])
    spans = decoder.gold_spans(batch)
    found = decoder.entities(batch, spans, np.ones(len(spans)))
    assert len(batch.samples) == samples
    assert [sorted(entity.span for entity in entities) for entities in found] == [
        sorted(entity.span for entity in sample.entities) for sample in batch.samples]
    result = score(batch, found)
    assert result['span/f1'] == 1.0 and result['span/gold'] == sum(len(sample.entities) for sample in batch.samples)
    tagging = SoftmaxDecoder(hidden_size=4, tag_scheme=dict(type='BIO', categories=dataset.metainfo['categories']))
    assert 0.85 < score(batch, decoded(tagging, batch))['span/recall'] < 0.97, 'tags lose what is nested'


def test_the_parts_hold_all_entities(read):
    batches = [read('cmeee_nested', part)[1] for part in ('train', 'val', 'test')]
    assert sum(len(sample.entities) for batch in batches for sample in batch.samples) == 20300
    batches = [read('cluener_heldout', part)[1] for part in ('train', 'val')]
    assert [len(batch.samples) for batch in batches] == [9673, 1075]
    assert sum(len(sample.entities) for batch in batches for sample in batch.samples) == 23972


def test_the_grid_of_targets_predicts_gold(read):
    """The scores that the loss wants, 1 at gold and -1 elsewhere, are selected to gold."""
    dataset, _ = read('cmeee_nested', 'val')
    batch = pack_samples([dataset[index] for index in range(60)])
    decoder = EfficientGlobalPointerDecoder(hidden_size=4, categories=dataset.metainfo['categories'])
    _, targets, rows = decoder.decide(torch.zeros(batch.num_units, 4), batch)
    places, probs = decoder.select(targets.float() * 2 - 1, rows.pairs)
    row, category, first, last = places.unbind(1)
    spans = torch.stack([category, rows.firsts[row, first], rows.lasts[row, last] + 1], dim=1).numpy()
    found = decoder.entities(batch, spans, probs.numpy())
    assert [[entity.span for entity in entities] for entities in found] == [
        sorted((entity.span for entity in sample.entities), key=lambda span: (*span[1:], span[0]))
        for sample in batch.samples]


class Marks(HTMLParser):
    """Collects (label, text) of every `<mark>`, and the text outside of `<bdi>`."""

    def __init__(self):
        super().__init__()
        self.opened, self.found, self.text, self.in_caption = [], [], '', False

    def handle_starttag(self, tag, attributes):
        self.in_caption = tag == 'bdi'
        if tag == 'mark':
            self.opened.append(['', len(self.text)])

    def handle_endtag(self, tag):
        if tag == 'mark':
            label, start = self.opened.pop()
            self.found.append((label, self.text[start:]))
        self.in_caption = False

    def handle_data(self, data):
        if self.in_caption:
            self.opened[-1][0] += data
        else:
            self.text += data


def test_nested_entities_are_shown(read):
    _, batch = read('cmeee_nested', 'val')
    nested = [sample for sample in batch.samples if any(
        (left.start, left.end) != (right.start, right.end) and left.start <= right.start < right.end <= left.end
        for left in sample.entities for right in sample.entities)]
    assert len(nested) == 52
    for sample in nested:
        marks = Marks()
        page = to_html([(sample.text, sample.entities)])
        marks.feed(page[page.index('<ol>') + 4:page.index('</ol>')].replace('<li>', '').replace('</li>', '').strip())
        assert marks.text == sample.text
        assert sorted(marks.found) == sorted(
            (entity.label, sample.text[entity.start:entity.end]) for entity in sample.entities), 'none of them cross'
