import json
import pickle
import tracemalloc

import pytest
import torch
from mmcv.transforms import BaseTransform
from mmengine.dataset import BaseDataset, DefaultSampler
from torch.utils.data import DataLoader

from mmner.datasets import LengthBucketBatchSampler, NERDataset, pack_samples
from mmner.datasets.transforms import Tokenize
from mmner.structures import Entity
from mmner.utils import InputError

TEXTS = ['a' * length for length in (3, 1, 7, 2, 5)]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('MMNER_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


@pytest.fixture
def dataset(tmp_path):
    """Builds a dataset over lines given as records; by default `TEXTS`, each with its first letter as a name."""
    def build(*records, pipeline=None, max_length=512, ann_file='train.json', **arguments) -> NERDataset:
        records = records or [{'text': text, 'label': {'name': {'a': [[0, 0]]}}} for text in TEXTS]
        for name, content in (('train.json', '\n'.join(map(json.dumps, records))),
                              ('vocab.txt', '[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb')):
            if not (tmp_path / name).exists() or (tmp_path / name).read_text() != content:
                (tmp_path / name).write_text(content)
        tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'))
        pipeline = pipeline or [dict(type='Tokenize', tokenizer=tokenizer, max_length=max_length),
                                dict(type='PackNERInputs')]
        arguments = dict(categories=['name', 'game'], reader=dict(type='CLUENERReader'), pipeline=pipeline) | arguments
        return NERDataset(ann_file, data_root=str(tmp_path), **arguments)
    return build


class Mark(BaseTransform):
    """Gives a new record with `mark` one higher, and counts how often it ran."""

    def __init__(self, once: bool):
        self.once = once
        self.runs = 0

    def transform(self, results: dict) -> dict:
        self.runs += 1
        return dict(results, mark=results.get('mark', 0) + 1)


def test_samples(dataset):
    data = dataset()
    assert len(data) == 5 and data.lengths.tolist() == [5, 3, 9, 4, 7]
    assert data.metainfo == dict(categories=('name', 'game'))
    packed = data[2]
    assert packed['inputs']['input_ids'].tolist() == [2] + [4] * 7 + [3]
    sample = packed['data_samples']
    assert (sample.index, sample.text, sample.entities) == (2, 'a' * 7, [Entity('name', 0, 1)])
    assert sample.unit_spans == [('name', 0, 1)]
    assert data[-1]['data_samples'].index == 4
    with pytest.raises(IndexError):
        data[5]


def test_lengths_count_all_windows(dataset):
    data = dataset(max_length=6)                                        # 4 tokens each, 1 shared
    assert data.lengths.tolist() == [5, 3, 12, 4, 12]
    assert [len(data[index]['inputs']['input_ids']) for index in range(5)] == data.lengths.tolist()


def test_unknown_category(dataset, tmp_path):
    with pytest.raises(InputError) as caught:
        dataset({'text': 'a', 'label': {}}, {'text': 'ab', 'label': {'nam\ne': {'b': [[1, 1]]}}})
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/train.json:2: unknown category 'nam\\ne'; known are name, game")
    assert len(message.splitlines()) == 1


def test_gold_that_stands_twice_is_counted(dataset, tmp_path):
    """What overlaps is no fault of a file; whether it can be found depends on the decoder."""
    label = {'name': {'aaaa': [[1, 4]], 'a': [[0, 0], [1, 1], [0, 0]]}, 'game': {'aa': [[4, 5]]}}
    data = dataset({'text': 'a' * 7, 'label': label})
    assert data.report.places == {'entity given twice': [f"{tmp_path}/train.json:1: name 'a'"]}
    assert len(data[0]['data_samples'].entities) == 5                   # all of them are gold
    with pytest.raises(InputError, match='train.json:1: .*given twice'):
        dataset({'text': 'a' * 7, 'label': label}, strict=True)


def test_findings_are_logged(dataset, monkeypatch, tmp_path):
    logged = []
    monkeypatch.setattr('mmner.datasets.ner_dataset.print_log', lambda line, **_: logged.append(line))
    tokenize = dict(type='Tokenize', on_long='truncate', max_length=4,
                    tokenizer=dict(type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt')))
    dataset({'text': 'aaaa', 'label': {'name': {'b': [[3, 3], [3, 3]]}}}, {'text': 'a'}, pipeline=[tokenize])
    kinds = ['2 x string differs', '1 x line without "label"', '1 x entity given twice', '1 x text cut',
             '2 x entity that']
    assert len(logged) == 5
    for line, kind in zip(logged, kinds, strict=True):
        assert line.startswith(f'{tmp_path}/train.json: {kind}')


def test_once_transforms_run_once(dataset):
    first, second, late, at_access = Mark(True), Mark(True), Mark(True), Mark(False)
    data = dataset(pipeline=[first, second, at_access, late])
    assert (first.runs, second.runs, at_access.runs, late.runs) == (5, 5, 0, 0)
    assert [data[0]['mark'], data[0]['mark']] == [4, 4]
    assert (first.runs, second.runs, at_access.runs, late.runs) == (5, 5, 2, 2)


def test_access_leaves_the_record_as_it_was(dataset):
    data = dataset(max_length=6)
    expected = pickle.dumps(data[2])
    packed = data[2]
    for values in packed['inputs'].values():
        values[0] = 99
    packed['data_samples'].entities.clear()
    packed['data_samples'].unit_spans.append('nonsense')
    packed['data_samples'].predicted.append('nonsense')
    packed.clear()
    assert pickle.dumps(data[2]) == expected


@pytest.mark.parametrize(('indices', 'texts'), [(2, [3, 1]), (-2, [2, 5]), ([4, 0, 4], [5, 3, 5])])
def test_indices(dataset, indices, texts):
    changed = dataset()
    changed.get_subset_(indices)
    for data in (dataset(indices=indices), dataset().get_subset(indices), changed):
        assert len(data) == len(texts) and data.lengths.tolist() == [length + 2 for length in texts]
        samples = [data[place]['data_samples'] for place in range(len(data))]
        assert [len(sample.text) for sample in samples] == texts
        assert [sample.index for sample in samples] == list(range(len(texts)))


def test_lazy(dataset):
    assert dataset(lazy_init=True).lengths.tolist() == [5, 3, 9, 4, 7]
    assert dataset(lazy_init=True).get_data_info(1)['text'] == 'a'


def test_a_failed_start_can_be_repeated(dataset, tmp_path):
    data = dataset({'text': 'a', 'label': {'nobody': {'a': [[0, 0]]}}}, lazy_init=True)
    with pytest.raises(InputError, match='unknown category'):
        data.full_init()
    (tmp_path / 'train.json').write_text('{"text": "a", "label": {}}')
    assert data.lengths.tolist() == [3]


def test_lengths_and_units_need_tokens(dataset):
    data = dataset(indices=[4, 0, 2])
    assert (data.num_units.tolist(), data.unit_spans(slice(1, 3))) == ([5, 3, 7], [[('name', 0, 1)]] * 2)
    assert data.has_units and not dataset(pipeline=[Mark(once=True)]).has_units
    with pytest.raises(InputError, match='must begin with Tokenize'):
        dataset(pipeline=[Mark(False)]).lengths     # noqa: B018


def same(left, right) -> bool:
    return repr(left) == repr(right)


def test_a_batch_is_its_samples(dataset):
    data = dataset(max_length=6)
    assert same(data.__getitems__([4, 0, -1]), [data[4], data[0], data[-1]])
    assert dataset(lazy_init=True).__getitems__([1])[0]['data_samples'].text == 'a'


def test_subsets_share_nothing_that_a_later_one_could_take_for_its_own(dataset):
    remembered, = BaseDataset._copy_without_annotation.__defaults__
    before = len(remembered)
    subset = dataset(max_length=6).get_subset([1, 0])
    assert len(subset) == 2 and len(remembered) == before


def test_a_large_file_is_prepared_once(dataset, cache, monkeypatch):
    held = dataset(max_length=6, cache_from_mb=1)
    assert not cache.exists()
    prepared = dataset(max_length=6, cache_from_mb=0)
    monkeypatch.setattr(Tokenize, 'transform', None)                    # nothing is tokenized any more
    mapped = dataset(max_length=6, cache_from_mb=0)
    for data in (prepared, mapped, mapped.get_subset([0, 1, 2, 3, 4])):
        assert same([data[index] for index in range(5)], [held[index] for index in range(5)])
        assert data.lengths.tolist() == held.lengths.tolist()
    for changes in (dict(max_length=7), dict(strict=True), dict(categories=['name']), dict(indices=2)):
        if 'indices' in changes:
            assert len(dataset(max_length=6, cache_from_mb=0, **changes)) == 2
        else:
            with pytest.raises(TypeError):                              # prepared anew, hence tokenized
                dataset(**dict(max_length=6, cache_from_mb=0) | changes)


def test_a_changed_file_is_prepared_anew(dataset):
    assert dataset(cache_from_mb=0)[0]['data_samples'].text == 'aaa'
    assert dataset({'text': 'bb', 'label': {}}, cache_from_mb=0)[0]['data_samples'].text == 'bb'


def test_a_corrected_annotation_is_prepared_anew(dataset, tmp_path):
    (tmp_path / 'a.txt').write_text('ab')
    for label in ('name', 'game'):
        (tmp_path / 'a.ann').write_text(f'T1\t{label} 0 1\ta\n')
        data = dataset(ann_file='a.txt', reader=dict(type='BratReader'), cache_from_mb=0)
        assert data[0]['data_samples'].entities == [Entity(label, 0, 1)]


@pytest.mark.parametrize(('words', 'reason'), [
    ((True, True, False), '3: has no words ("unit_offsets"), the texts before it have some; give all or none'),
    ((False, True), '2: has words ("unit_offsets"), the texts before it have none; give all or none')])
def test_words_in_some_texts_alone(dataset, tmp_path, words, reason):
    records = [dict(text='ab', entities=[]) | (dict(unit_offsets=[[0, 2]]) if has_words else {}) for has_words in words]
    with pytest.raises(InputError) as caught:
        dataset(*records, reader=dict(type='JsonLinesReader'))
    assert str(caught.value) == f'{tmp_path}/train.json:{reason}'


def test_findings_of_mapped_columns_are_logged_again(dataset, monkeypatch, tmp_path):
    logged = []
    monkeypatch.setattr('mmner.datasets.ner_dataset.print_log', lambda line, **_: logged.append(line))
    for _ in range(2):
        dataset({'text': 'aa', 'label': {'name': {'b': [[0, 0], [0, 0]]}}}, cache_from_mb=0)
    assert logged[:2] == logged[2:] and logged[0].startswith(f'{tmp_path}/train.json: 2 x string differs')


def test_findings_are_counted_from_none(dataset, tmp_path, cache):
    """Where the cache cannot be written, everything is read twice; a transform may serve two datasets."""
    cache.write_text('not a folder')
    tokenize = Tokenize(on_long='truncate', max_length=4, tokenizer=dict(
        type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'))) if dataset() else None
    for arguments in (dict(pipeline=[tokenize]), dict(pipeline=[tokenize]), dict(cache_from_mb=0)):
        data = dataset({'text': 'aaaa', 'label': {'name': {'b': [[3, 3], [3, 3]]}}}, **arguments)
        assert list(data.report.counts.values()) == [1] and list(data.reader.report.counts.values()) == [2]
        assert list(tokenize.report.counts.values()) == [1, 2]


@pytest.mark.parametrize('cache_from_mb', [0, float('inf')])
def test_a_file_without_a_text(dataset, tmp_path, cache_from_mb):
    with pytest.raises(InputError) as caught:
        dataset([dict(id=1, paragraphs=[])], reader=dict(type='SpacyV2Reader'), cache_from_mb=cache_from_mb)
    assert str(caught.value) == f'{tmp_path}/train.json: holds no text; give a file with at least one'


def test_a_record_that_columns_cannot_keep(dataset, tmp_path):
    class Odd(Mark):
        def transform(self, results: dict) -> dict:
            return dict(results, odd=0.5)

    with pytest.raises(InputError) as caught:
        dataset(pipeline=[Odd(True)])
    assert str(caught.value) == (
        f"{tmp_path}/train.json: lines 1 to 5: 'odd' is a float; only str, int, list of int and arrays can be kept; "
        'change the reader or the transform marked `once` that gives it')


def test_built_transforms_are_held_in_memory(dataset, cache):
    assert dataset(pipeline=[Mark(True)], cache_from_mb=0)[0]['mark'] == 1
    assert dataset(pipeline=[Mark(False)], cache_from_mb=0)[0]['mark'] == 1     # not kept, so it may be anything
    assert len(list((cache / 'columns').iterdir())) == 1


def test_memory_is_flat(dataset, tmp_path):
    """Ten times the corpus takes less than twice the memory to prepare; held, it would take ten times."""
    def peak(count: int, **arguments) -> int:
        records = [{'text': 'ab' * 50, 'label': {'name': {'a': [[0, 0]]}}}] * count
        tracemalloc.start()
        data = dataset(*records, lazy_init=True, **arguments)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        data.full_init()
        peak = tracemalloc.get_traced_memory()[1] - before
        tracemalloc.stop()
        return peak

    assert peak(5000, cache_from_mb=0) < 2 * peak(500, cache_from_mb=0)
    assert peak(5000) > 5 * peak(500)


def loaded(data, **arguments) -> list:
    sampler = LengthBucketBatchSampler(sampler=DefaultSampler(data, seed=0), batch_size=2, pool_batches=2)
    return list(DataLoader(data, batch_sampler=sampler, collate_fn=pack_samples, **arguments))


@pytest.mark.parametrize('cache_from_mb', [0, float('inf')])
def test_workers_give_the_same_batches(dataset, cache_from_mb):
    data = dataset(max_length=6, cache_from_mb=cache_from_mb)
    alone = loaded(data)
    apart = loaded(data, num_workers=2, multiprocessing_context='spawn')
    assert len(alone) == len(apart) == 3
    for expected, batch in zip(alone, apart, strict=True):
        assert batch.max_seqlen == expected.max_seqlen and batch.samples == expected.samples
        for name in ('input_ids', 'position_ids', 'cu_seqlens', 'unit_to_token', 'unit_ids', 'unit_places', 'cu_units'):
            assert torch.equal(getattr(batch, name), getattr(expected, name)), name
    assert sorted(sample.index for batch in apart for sample in batch.samples) == list(range(5))


def test_discontinuous_entities_are_kept(dataset):
    apart = dict(label='name', start=0, end=5, fragments=[[0, 1], [3, 5]])
    record = dict(text='abaab', entities=[apart, dict(label='game', start=1, end=2)])
    for cache_from_mb in (0, float('inf')):
        sample = dataset(record, reader=dict(type='JsonLinesReader'), cache_from_mb=cache_from_mb)[0]['data_samples']
        assert sample.entities == [Entity('name', 0, 5, fragments=((0, 1), (3, 5))), Entity('game', 1, 2)]
        assert sample.unit_spans == [('name', 0, 5, ((0, 1), (3, 5))), ('game', 1, 2)]
