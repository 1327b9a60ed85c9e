"""Gold, sent through the whole path as if it were predicted, scores 1.0: nothing on the way loses an entity."""
import numpy as np
import pytest
import torch

from mmner.datasets import NERDataset, pack_samples
from mmner.evaluation import strict_counts, total
from mmner.models.decoders import BaseTaggingDecoder, SoftmaxDecoder
from mmner.structures import Entity, PackedBatch

CATEGORIES = ['address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene']


@pytest.fixture(scope='module', params=['train', 'dev'])
def batch(request, shared):
    """All of CLUENER train or dev as one packed batch; short sequences, so that many texts are cut into windows."""
    tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(shared / 'vocab/bert-base-chinese/vocab.txt'))
    dataset = NERDataset(
        f'{request.param}.json', data_root=str(shared / 'data/cluener'), categories=CATEGORIES,
        reader=dict(type='CLUENERReader'),
        pipeline=[dict(type='Tokenize', max_length=34, tokenizer=tokenizer), dict(type='PackNERInputs')])
    return pack_samples([dataset[index] for index in range(len(dataset))])


def decoded(decoder: BaseTaggingDecoder, batch: PackedBatch) -> list[list[Entity]]:
    """The entities of each sample that the tags of its gold hold."""
    spans = decoder.tag_scheme.decode(decoder.targets(batch).numpy(), batch.cu_units.numpy())
    return decoder.entities(batch, spans, np.ones(len(spans)))


@pytest.mark.parametrize('scheme', ['BIO', 'BIOES', 'BMES', 'BILOU'])
def test_gold_scores_one(batch, scheme):
    decoder = SoftmaxDecoder(hidden_size=4, tag_scheme=dict(type=scheme, categories=CATEGORIES))
    assert len(batch.cu_seqlens) > 1.5 * len(batch.samples), 'windows'
    tags = decoder.targets(batch)
    counts = total(strict_counts([sample.entities for sample in batch.samples], decoded(decoder, batch)))
    if counts.gold == 3072:
        assert counts.precision == counts.recall == counts.f1 == 1.0
    else:           # the two shorter entities inside the one of line 1507 cannot be told by tags; they count as missed
        assert counts == (23970, 23970, 23972)
    assert torch.equal(tags, decoder.valid_tags(torch.nn.functional.one_hot(tags, decoder.tag_scheme.num_tags).float(),
                                                batch.cu_units)), 'gold tags are valid'


def test_gold_as_predictions_scores_one(batch):
    gold = [sample.entities for sample in batch.samples]
    assert total(strict_counts(gold, gold)).f1 == 1.0


@pytest.mark.parametrize(('name', 'texts'), [('train', 10748), ('dev', 1343)])
def test_cluener_is_read_whole(shared, name, texts):
    tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(shared / 'vocab/bert-base-chinese/vocab.txt'))
    data = NERDataset(
        ann_file=f'{name}.json', data_root=str(shared / 'data/cluener'), categories=CATEGORIES,
        reader=dict(type='CLUENERReader', strict=True), strict=True,
        pipeline=[dict(type='Tokenize', tokenizer=tokenizer, strict=True), dict(type='PackNERInputs')])
    assert len(data) == texts
    assert all(len(record['unit_spans']) == len(record['entities']) for record in data.data_list)
    assert data.lengths.tolist() == [len(record['text']) + 2 for record in data.data_list]
