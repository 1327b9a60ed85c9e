"""What a model finds that few texts have taught: Efficient GlobalPointer over e5-small on the first texts of CLUENER's
train, tested on dev; a table in docs/own_corpus.md.

    python benchmarks/few_texts.py

What stands in the results is not run again; a training that was interrupted goes on.
"""
import json
import signal
import sys
from argparse import ArgumentParser

import machine
import torch
from inputs import CLUENER, PREPARE, ROOT, require
from method_tables import write_table
from methods import read_log, run, training_command
from mmengine.device import get_device

from mmner.cli.errors import one_line_errors

CONFIG = ROOT / 'configs/bert_global_pointer/e5-small_efficient_global_pointer_cluener_6e.py'
WORK_DIRS = ROOT / 'work_dirs/few_texts'
RESULTS = ROOT / 'benchmarks/results/few_texts.json'
RUNS = [(100, 6), (100, 30), (100, 60), (300, 6), (300, 30), (1000, 6), (1000, 20)]      # texts and epochs
HEAD = '| texts | epochs | P | R | F1 | minutes |\n|--:|--:|--:|--:|--:|--:|'


def measure(texts: int, epochs: int) -> dict:
    """The last epoch's rates."""
    work_dir = WORK_DIRS / f'{texts}_{epochs}e'
    work_dir.mkdir(parents=True, exist_ok=True)
    lines = (CLUENER / 'train.json').read_text(encoding='utf8').split('\n')[:texts]
    (work_dir / 'train.json').write_text('\n'.join([*lines, '']), encoding='utf8')
    run(*training_command(CONFIG), '--work-dir', work_dir, '--resume', '--cfg-options',
        f'train_dataloader.dataset.data_root={work_dir}', f'train_cfg.max_epochs={epochs}',
        f'train_cfg.val_interval={epochs}', 'default_hooks.logger.interval=1')
    log = read_log(work_dir)
    return dict(texts=texts, epochs=epochs, **log['epochs'][-1], minutes=log['minutes'],
                threads=torch.get_num_threads(), **machine.describe(get_device()))


def table_lines(rows: list[dict]) -> list[str]:
    return [f'| {row["texts"]} | {row["epochs"]} | {row["P"]:.4f} | {row["R"]:.4f} | {row["F1"]:.4f} | '
            f'{row["minutes"]:.0f} |' for row in rows]


@one_line_errors
def main() -> int:
    ArgumentParser(description=__doc__.split('\n\n')[0]).parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)       # as ^C: a training does not outlive this process
    require(CLUENER / 'train.json', PREPARE)
    require(ROOT / 'checkpoints/e5-small', f'the comment at the top of {CONFIG} says how to get it')
    rows = json.loads(RESULTS.read_text(encoding='utf8')) if RESULTS.exists() else []
    for texts, epochs in RUNS:
        if not any((row['texts'], row['epochs']) == (texts, epochs) for row in rows):
            rows.append(measure(texts, epochs))
            RESULTS.write_text(json.dumps(rows, indent=1) + '\n', encoding='utf8')
            write_table(ROOT / 'docs/own_corpus.md', table_lines(rows), HEAD, 'few-texts')
    return 0


if __name__ == '__main__':
    sys.exit(main())
