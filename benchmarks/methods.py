"""Train and test configs, a run for each seed, and write what came out into results, metafiles and tables.

    python benchmarks/methods.py configs/bert_crf/e5-small_crf_cluener_6e.py ... [--seeds 42 43 44]

A run is the command at the top of its config. One that is finished is not run again, one that was interrupted goes on
from its last checkpoint. Without configs only the metafiles and tables are written again.

Settings are chosen on a part of train, so that dev stays for measuring. Results of another data root lie apart:

    python tools/dataset_converters/split_dataset.py data/cluener/train.json data/cluener_heldout \\
        --parts train.json=0.9 dev.json=0.1
    python benchmarks/methods.py CONFIG ... --data-root data/cluener_heldout
"""
import json
import re
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from statistics import median

import machine
import torch
from method_tables import RESULTS, write_tables

from mmner.utils.config import read_config
from mmner.utils.work_dirs import chosen_checkpoint

ROOT = Path(__file__).resolve().parents[1]
WORK_DIRS = ROOT / 'work_dirs/methods'
FINISHED = 'finished'       # stands in the work dir of a training that came to its end
RATES = dict(P='span/precision', R='span/recall', F1='span/f1')


def training_command(config: Path) -> list[str]:
    """What the comment at the top of a config says: its train.py and what follows."""
    lines = re.findall(r'^# python (tools/train\.py .*)$', config.read_text(encoding='utf8'), re.M)
    return lines[0].split()


def run(*command: str | Path) -> None:
    print('python', *command, flush=True)
    subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, check=True)


def train(config: Path, work_dir: Path, options: list[str]) -> None:
    """Train to the end, from where an earlier run was interrupted, unless one has come to the end."""
    if not (work_dir / FINISHED).exists():
        run(*training_command(config), '--work-dir', work_dir, '--resume', '--cfg-options', *options)
        (work_dir / FINISHED).touch()


def test(config: Path, work_dir: Path, options: list[str]) -> dict:
    """The rates of the best checkpoint, for a config that chooses one, or of the last."""
    amp = [option for option in training_command(config) if option == '--amp']
    run('tools/test.py', config, chosen_checkpoint(work_dir), *amp, '--work-dir', work_dir / 'test',
        '--cfg-options', *options)
    *_, newest = sorted(work_dir.glob('test/*/*.json'))
    return rates_of(json.loads(newest.read_text(encoding='utf8')))


def rates_of(line: dict) -> dict:
    return {name: round(line[key], 4) for name, key in RATES.items()}


def read_log(work_dir: Path) -> dict:
    """How long a run trained, without the pauses that somebody made, and the rates of each validation."""
    lines = [json.loads(line) for file in sorted(work_dir.glob('*/vis_data/scalars.json'))
             for line in file.read_text(encoding='utf8').splitlines()]
    times = {line['iter']: line['time'] for line in lines if 'iter' in line}
    epochs = {line['step']: rates_of(line) for line in lines if RATES['F1'] in line}    # of one run twice, the second
    return dict(minutes=round(median(times.values()) * max(times) / 60, 1),
                epochs=[epochs[number] for number in sorted(epochs)])


def options_of_data(config: Path, data_root: Path) -> list[str]:
    """Train and test on the files there, with teachers that were trained there too."""
    teachers = read_config(str(config)).model.get('objective', {}).get('teachers', [])
    checkpoints = [WORK_DIRS / data_root.name / (ROOT / teacher.checkpoint).relative_to(WORK_DIRS)
                   for teacher in teachers]
    return [*(f'{part}_dataloader.dataset.data_root={data_root}' for part in ('train', 'val', 'test')),
            *(f'model.objective.teachers.{number}.checkpoint={file}' for number, file in enumerate(checkpoints))]


def measure(config: Path, seed: int, data_root: Path | None = None) -> None:
    """Add a run to the results of its config, unless it is there."""
    folder = data_root.name if data_root else ''
    file = RESULTS / folder / f'{config.stem}.json'
    results = json.loads(file.read_text(encoding='utf8')) if file.exists() else dict(runs={})
    if str(seed) in results['runs']:
        return
    work_dir = WORK_DIRS / folder / config.stem / f'seed{seed}'
    options = [f'randomness.seed={seed}'] + (options_of_data(config, data_root) if data_root else [])
    train(config, work_dir, options)
    results['runs'][str(seed)] = dict(**test(config, work_dir, options), **read_log(work_dir),
                                      threads=torch.get_num_threads(), **machine.describe('cpu'))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1) + '\n', encoding='utf8')


def main() -> int:
    parser = ArgumentParser(description='Train configs and write their rows.')
    parser.add_argument('configs', nargs='*', type=Path, metavar='CONFIG')
    parser.add_argument('--seeds', nargs='+', type=int, default=[42], help='a run for each (default: 42)')
    parser.add_argument('--data-root', type=Path, help='train and test on the files there instead')
    args = parser.parse_args()
    for seed in args.seeds:
        for config in args.configs:
            measure(config, seed, args.data_root)
            write_tables()
    write_tables()
    return 0


if __name__ == '__main__':
    sys.exit(main())
