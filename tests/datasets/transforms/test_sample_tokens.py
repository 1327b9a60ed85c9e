import io
import json

import numpy as np
import pytest
import sentencepiece

from mmner.datasets import NERDataset
from mmner.structures import Entity
from mmner.utils import InputError

TEXT = 'the quick brown fox jumps over the lazy dog'


@pytest.fixture(scope='module')
def model_file(tmp_path_factory) -> str:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([TEXT, 'the other brown dog jumps'] * 5), model_writer=model, vocab_size=60,
        hard_vocab_limit=False, pad_id=3, minloglevel=2, num_threads=1)
    file = tmp_path_factory.mktemp('model') / 'small.model'
    file.write_bytes(model.getvalue())
    return str(file)


def dataset(model_file: str, folder, max_length: int, tokenize: dict | None = None) -> NERDataset:
    file = folder / 'a.jsonl'
    file.write_text(json.dumps(dict(text=TEXT, entities=[dict(label='x', start=4, end=9)])) + '\n')
    return NERDataset(str(file), reader=dict(type='JsonLinesReader'), categories=['x'], pipeline=[
        dict(type='Tokenize', tokenizer=dict(type='SentencePieceTokenizer', model_file=model_file), **tokenize or {}),
        dict(type='SampleTokens', max_length=max_length, tokenizer=dict(
            type='SamplingSentencePieceTokenizer', model_file=model_file, alpha=0.1))])


def test_other_tokens_each_time_and_the_same_units(model_file, tmp_path):
    data = dataset(model_file, tmp_path, max_length=512)
    np.random.seed(0)
    accesses = [data[0] for _ in range(10)]
    assert len({tuple(results['input_ids']) for results in accesses}) > 1
    for results in accesses:
        assert results['sequence_lengths'] == [len(results['input_ids'])]
        assert len(results['unit_to_token']) == len(TEXT)
        assert [tuple(span[:3]) for span in results['unit_spans']] == [('x', 4, 9)]
        assert results['entities'] == [Entity('x', 4, 9)]


def test_samplers_know_the_lengths_of_tokenize(model_file, tmp_path):
    data = dataset(model_file, tmp_path, max_length=512)
    assert data.lengths.tolist() == [len(sentencepiece.SentencePieceProcessor(model_file=model_file).encode(TEXT)) + 2]


def test_a_text_that_grows_beyond_max_length_gets_windows(model_file, tmp_path):
    data = dataset(model_file, tmp_path, max_length=12)
    np.random.seed(0)
    results = data[0]
    assert len(results['sequence_lengths']) > 1 and max(results['sequence_lengths']) <= 12
    assert sum(results['sequence_lengths']) == len(results['input_ids'])
    assert len(results['unit_to_token']) == len(TEXT)


def test_a_text_that_tokenize_has_cut_short_is_refused(model_file, tmp_path):
    with pytest.raises(InputError, match=r'a\.jsonl:1: SampleTokens reads whole texts, but Tokenize has cut this one'):
        dataset(model_file, tmp_path, 512, dict(max_length=12, on_long='truncate'))[0]
