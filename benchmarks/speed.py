"""mmner and its peers on the same texts, weights and threads, by turns.

    python benchmarks/speed.py [--rounds 3] [--out benchmarks/results/speed_cpu.json] [--only training]

Needs requirements-benchmark.txt, data/cluener, and checkpoints/bert-base-chinese/vocab.txt or any BERT vocab.txt by
--vocab. `python benchmarks/report.py` makes the README's table of it.
"""
import json
import os
import re
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import machine
import torch
from contestants import ALL, Contestant, mmner_way, task, transformers_way
from contestants.process import Process
from inputs import CLUENER, PREPARE, ROOT, add_vocab, require

from mmner.cli.errors import one_line_errors
from mmner.utils import InputError

SENTENCES = dict(cpu=dict(training=128, inference=256), cuda=dict(training=4096, inference=10000))
FLOPS_PER_WEIGHT = dict(training=6, inference=2)        # for each token: forward 2, backward 4
CHECKED = 4             # sentences whose logits are compared
TOLERANCE = 1e-3        # of float32 logits
RATES = ('bfloat16', 'float32')


def arguments(argv: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(description='Measure the speed of mmner and its peers.')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--out', type=Path, help='default: benchmarks/results/speed_<device>.json')
    parser.add_argument('--only', choices=('training', 'inference'), help='measure one and keep the other of --out')
    parser.add_argument('--device', choices=tuple(ALL), default='cpu')
    parser.add_argument('--threads', type=int, default=torch.get_num_threads(), help='of each contestant')
    parser.add_argument('--match', default='', help='measure mmner and those whose name has this regular expression')
    parser.add_argument('--sentences', type=int, help='how many of the first sentences')
    parser.add_argument('--size', choices=tuple(task.SIZES), default='base', help="BERT-base, or 'tiny' for tests")
    parser.add_argument('--corpus', type=Path, default=CLUENER / 'train.json')
    add_vocab(parser)
    args = parser.parse_args(argv)
    args.out = args.out or ROOT / f'benchmarks/results/speed_{args.device}.json'
    require(args.corpus, f'{PREPARE} or give one by --corpus')
    require(args.vocab)
    return args


@one_line_errors
def main(argv: Sequence[str] | None = None) -> int:
    args = arguments(argv)
    if args.device == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = ''         # mmengine would take a GPU that it sees
    os.environ.update(OMP_NUM_THREADS=str(args.threads), HF_HUB_DISABLE_PROGRESS_BARS='1')
    torch.set_num_threads(args.threads)
    results = json.loads(args.out.read_text(encoding='utf8')) if args.out.is_file() else {}
    with TemporaryDirectory() as folder:
        everything = prepare(args, Path(folder))
        difference = largest_difference(everything.first(CHECKED))
        for kind in [args.only] if args.only else FLOPS_PER_WEIGHT:
            first, *others = ALL[args.device][kind]
            chosen = [first, *(other for other in others if re.search(args.match, other.name))]
            count = args.sentences or SENTENCES[args.device][kind]
            results[kind] = dict(
                machine.describe(args.device), device=args.device, size=args.size, threads=args.threads,
                rounds=args.rounds, largest_difference_of_logits=difference,
                **measure(chosen, everything.first(count), FLOPS_PER_WEIGHT[kind]))
            args.out.write_text(json.dumps(results, indent=2, ensure_ascii=False) + '\n', encoding='utf8')
    return 0


def prepare(args: Namespace, folder: Path) -> task.Task:
    """The task over as many texts as any part of it needs."""
    count = args.sentences or max(SENTENCES[args.device].values())
    tokenizer = task.read_tokenizer(args.vocab)
    task.save_weights(folder, task.SIZES[args.size], tokenizer.vocab_size)
    return task.Task(corpus=args.corpus.resolve(), vocab=args.vocab.resolve(), folder=folder,
                     size=task.SIZES[args.size], device=args.device, threads=args.threads, rounds=args.rounds,
                     **task.read_texts(args.corpus, tokenizer, count))


def largest_difference(some: task.Task) -> float:
    """Between the float32 logits of mmner and of transformers.

    Raises:
        InputError: They differ, so that their speeds would not be those of the same computation.
    """
    pairs = zip(mmner_way.convert(some), transformers_way.logits(some), strict=True)
    difference = max(float((ours - theirs).abs().max()) for ours, theirs in pairs)
    if not difference < TOLERANCE:
        raise InputError(f"mmner's logits differ from transformers' by {difference:.2g}; nothing was measured")
    return difference


def measure(contestants: Sequence[Contestant], work: task.Task, flops_per_weight: int) -> dict:
    """Rounds of turns; the first turn of each contestant is not counted."""
    with ExitStack() as stack:
        processes, skipped = [], []
        for contestant in contestants:
            process = Process(contestant, work)
            stack.callback(process.end)
            if process.refused:
                skipped.append(dict(name=contestant.name, reason=process.refused))
            else:
                processes.append((process, []))
                process.turn()
            print(f'{contestant.name}: {process.refused or "warm"}', flush=True)
        rates = {name: [] for name in RATES}
        for number in range(work.rounds):
            for name in RATES:
                rates[name].append(machine.matmul_rate(getattr(torch, name), work.device))
            for process, reports in processes:
                reports.append(process.undisturbed_turn())
                print(f'round {number + 1}, {process.contestant.name}: {reports[-1]["seconds"]:.2f} s for '
                      f'{len(process.task.texts)} sentences; others took {reports[-1]["others"]:.0%}', flush=True)
    matmul = {name: round(median(values), 1) for name, values in rates.items()}
    rows = [row(process, reports, matmul, flops_per_weight) for process, reports in processes]
    for other in rows:
        other['mmner_is_faster'] = round(rows[0]['sentences_per_second'] / other['sentences_per_second'], 3)
    return dict(matmul_gflops=matmul, contestants=rows, skipped=skipped)


def row(process: Process, reports: list[dict], matmul: dict[str, float], flops_per_weight: int) -> dict:
    """What is reported of a contestant."""
    seconds = median(report['seconds'] for report in reports)
    work = process.task
    gflops = flops_per_weight * work.matrix_weights * work.tokens / seconds / 1e9
    return dict(
        name=process.contestant.name, sentences=len(work.texts), tokens=work.tokens,
        seconds=round(seconds, 4), rounds=[round(report['seconds'], 4) for report in reports],
        sentences_per_second=round(len(work.texts) / seconds, 2), tokens_per_second=round(work.tokens / seconds, 1),
        useful_gflops=round(gflops, 2), share_of_matmul={name: round(gflops / matmul[name], 4) for name in RATES},
        taken_by_others=round(max(report['others'] for report in reports), 3), peak_mib=reports[-1]['peak_mib'])


if __name__ == '__main__':
    sys.exit(main())
