"""Seconds from the call of `tools/test.py` to its first batch, BERT-base on the dev set of CLUENER.

    python benchmarks/startup.py [--out benchmarks/results/startup.json]

Needs data/cluener, and checkpoints/bert-base-chinese/vocab.txt or any BERT vocab.txt by --vocab.
"""
import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import machine
import torch
from inputs import CLUENER, PREPARE, ROOT, add_vocab, require

from mmner.cli.errors import one_line_errors
from mmner.models import NERModel
from mmner.registry import MODELS
from mmner.utils import InputError

CONFIG = 'configs/bert_softmax/bert_softmax_cluener_adamw_5e.py'


def first_batch(begin: float, arguments: list[str]) -> int:
    """In a process of its own: what `tools/test.py` does, until its first batch."""
    from mmner.cli.test import main
    sys.argv = ['tools/test.py', *arguments]
    from mmengine.runner import TestLoop

    def run_iter(*_) -> None:
        print(time.time() - begin, flush=True)
        os._exit(0)

    TestLoop.run_iter = run_iter
    return main()


def save_bert_base(file: Path) -> None:
    """A checkpoint of random weights, as large as a trained one."""
    from mmner.cli.config import load_config
    config = load_config(str(ROOT / CONFIG)).model
    config.encoder.init_cfg = None
    config.type = f'mmner.{config.type}'
    model: NERModel = MODELS.build(config)
    torch.save(dict(state_dict=model.state_dict()), file)


def measure(vocab: Path, rounds: int) -> list[float]:
    with TemporaryDirectory() as folder:
        save_bert_base(Path(folder, 'model.pth'))
        arguments = [CONFIG, f'{folder}/model.pth', '--work-dir', folder, '--amp', '--cfg-options',
                     f'test_dataloader.dataset.pipeline.0.tokenizer.vocab_file={vocab}']
        return [seconds_to_first_batch(arguments) for _ in range(rounds)]


def seconds_to_first_batch(arguments: list[str]) -> float:
    child = subprocess.run([sys.executable, __file__, '--child', str(time.time()), *arguments], check=False, cwd=ROOT,
                           stdout=subprocess.PIPE, text=True)
    if child.returncode:
        raise InputError('tools/test.py did not come to its first batch; what it said stands above')
    return float(child.stdout.split()[-1])


@one_line_errors
def main() -> int:
    if sys.argv[1:2] == ['--child']:
        return first_batch(float(sys.argv[2]), sys.argv[3:])
    parser = ArgumentParser(description='Measure how long tools/test.py takes to its first batch.')
    add_vocab(parser)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--out', type=Path, default=ROOT / 'benchmarks/results/startup.json')
    args = parser.parse_args()
    require(CLUENER / 'dev.json', PREPARE)
    require(args.vocab)
    seconds = measure(args.vocab.resolve(), args.rounds)
    args.out.write_text(json.dumps(dict(machine.describe('cpu'), seconds=round(median(seconds), 2),
                                        rounds=[round(value, 2) for value in seconds]), indent=2) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
