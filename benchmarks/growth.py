"""How time and memory grow with the size of a corpus and with the length of its sentences.

    python benchmarks/growth.py [--out benchmarks/results/growth.json]

Needs CLUENER in data/cluener. `python benchmarks/report.py` draws it.
"""
import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import machine
import torch
from inputs import CLUENER, PREPARE, ROOT, require
from torch import nn

from mmner.cli.config import load_config
from mmner.cli.errors import one_line_errors
from mmner.cli.running import build_runner
from mmner.datasets import pack_samples
from mmner.models import NERModel
from mmner.registry import DATASETS
from mmner.structures import NERDataSample, PackedBatch

CORPUS = CLUENER / 'train.json'
SAMPLE_CONFIG = ROOT / 'configs/bert_softmax/bert-tiny_softmax_sample_5e.py'
COPIES = (1, 10, 100)
LENGTHS = (32, 64, 128, 256, 512)
STEPS = 200             # of training on each size of corpus
TOKENS = 4096           # in the batch of each length
ROUNDS = 5


def with_corpus(copies: int) -> dict:
    """Prepare so many copies of CLUENER, open them again, walk through them, train on them.

    Memory is what the process holds for itself; pages of the mapped corpus belong to the system's cache.
    """
    with TemporaryDirectory() as folder:
        os.environ['MMNER_CACHE'] = folder
        corpus = Path(folder, 'train.json')
        with corpus.open('wb') as file:
            for _ in range(copies):
                file.write(CORPUS.read_bytes())
        runner = build_runner(corpus_config(corpus))
        prepare = seconds(lambda: DATASETS.build(runner.cfg.train_dataloader.dataset))
        prepared = own_memory()
        reopen = seconds(lambda: DATASETS.build(runner.cfg.train_dataloader.dataset))
        loader = runner.build_dataloader(runner.cfg.train_dataloader)
        walk = seconds(lambda: sum(1 for _ in loader))
        model, optimizer = runner.model.train(), torch.optim.AdamW(runner.model.parameters())
        most = 0
        for batch in islice(loader, STEPS):
            optimizer.zero_grad()
            model.parse_losses(model(**model.data_preprocessor(batch, True), mode='loss'))[0].backward()
            optimizer.step()
            most = max(most, own_memory())
    return dict(copies=copies, sentences=len(loader.dataset), prepare_seconds=prepare, reopen_seconds=reopen,
                walk_seconds=walk, memory_after_preparing_mib=prepared, memory_of_training_mib=most)


def corpus_config(corpus: Path):
    """The demo's model and pipeline over the corpus, whose columns are always kept on disk."""
    config = load_config(str(SAMPLE_CONFIG), {'log_level': 'ERROR'})
    config.train_dataloader.dataset.update(data_root='', ann_file=str(corpus), cache_from_mb=0)
    config.work_dir = str(corpus.parent / 'work_dir')
    return config


def with_length(length: int) -> dict:
    """TOKENS tokens in sequences of a length through BERT-base in bfloat16: testing and a training step."""
    model, batch = bert_base(), batch_of(length)
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)

    @torch.inference_mode()
    def test() -> None:
        model(batch, mode='predict')

    def train() -> None:
        optimizer.zero_grad()
        model(batch, mode='loss')['loss_tag'].backward()
        optimizer.step()

    model.eval()
    tested = fastest(test)
    memory = own_memory()
    model.train()
    return dict(length=length, tokens=TOKENS, test_seconds=tested, memory_of_testing_mib=memory,
                training_step_seconds=fastest(train), memory_of_training_mib=own_memory())


def bert_base() -> nn.Module:
    return NERModel(
        precision='bfloat16', encoder=dict(type='mmner.BertEncoder'), neck=dict(type='mmner.FirstTokenNeck'),
        decoder=dict(type='mmner.SoftmaxDecoder', hidden_size=768, tag_scheme=dict(type='BIO', categories=['name'])),
        data_preprocessor=dict(type='mmner.NERDataPreprocessor'))


def batch_of(length: int) -> PackedBatch:
    inputs = dict(
        input_ids=torch.arange(length).numpy(), sequence_lengths=[length], unit_ids=torch.arange(length - 2).numpy(),
        unit_to_token=torch.arange(1, length - 1).numpy())
    return pack_samples([dict(inputs=inputs, data_samples=NERDataSample(index=index, text='字' * (length - 2)))
                         for index in range(TOKENS // length)])


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return round(time.perf_counter() - begin, 3)


def fastest(work: Callable[[], object]) -> float:
    work()
    return min(seconds(work) for _ in range(ROUNDS))


def own_memory() -> int:
    """MiB of this process that are backed by no file."""
    lines = Path('/proc/self/status').read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith('RssAnon'))


POINTS = dict(corpus=(with_corpus, COPIES), length=(with_length, LENGTHS))


def measured_apart(kind: str, value: int) -> dict:
    """One point, in a process of its own, whose memory nothing else has touched."""
    print(f'{kind} {value}', flush=True)
    done = subprocess.run([sys.executable, __file__, '--point', kind, str(value)], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])


@one_line_errors
def main() -> int:
    parser = ArgumentParser(description='Measure growth with the corpus and with the length of sentences.')
    parser.add_argument('--out', type=Path, default=ROOT / 'benchmarks/results/growth.json')
    parser.add_argument('--point', nargs=2, help='measure one point in this process and print it')
    args = parser.parse_args()
    if args.point:
        kind, value = args.point
        print(json.dumps(POINTS[kind][0](int(value))))
        return 0
    require(CORPUS, PREPARE)
    results = dict(machine.describe('cpu'), threads=torch.get_num_threads(), **{
        kind: [measured_apart(kind, value) for value in values] for kind, (_, values) in POINTS.items()})
    args.out.write_text(json.dumps(results, indent=2) + '\n', encoding='utf8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
