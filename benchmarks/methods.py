"""Train and test configs, a run for each seed, and write what came out into results, metafiles and tables.

    python benchmarks/methods.py configs/bert_crf/e5-small_crf_cluener_6e.py ... [--seeds 42 43 44] [--again]

A run is the command at the top of its config. One that stands in the results is not run again, unless with `--again`;
one that was interrupted goes on from its last checkpoint, if the command comes again without it and its config is still
the same. Teachers are trained first, and are not forgotten by `--again` of their student. Without configs only the
metafiles and tables are written again.

Settings are chosen on a part of train, so that dev stays for measuring. Results of another data root lie apart:

    python tools/dataset_converters/split_dataset.py data/cluener/train.json data/cluener_heldout \\
        --parts train.json=0.9 dev.json=0.1
    python benchmarks/methods.py CONFIG ... --data-root data/cluener_heldout
"""
import json
import re
import shutil
import signal
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from itertools import product
from pathlib import Path
from statistics import median

import machine
import torch
from inputs import ROOT, require
from method_tables import RESULTS, write_tables
from mmengine.device import get_device

from mmner.cli.cross_validate import span_prefix
from mmner.cli.errors import one_line_errors
from mmner.utils import InputError
from mmner.utils.config import read_config
from mmner.utils.work_dirs import chosen_checkpoint

WORK_DIRS = ROOT / 'work_dirs/methods'
FINISHED = 'finished'       # stands in the work dir of a training that came to its end
BEGUN = 'begun.json'        # there, too: the config that the training began with
TEACHER_SEED = 42
LOG_KEYS = dict(P='span/precision', R='span/recall', F1='span/f1',     # of each rate
                perplexity='mlm/perplexity', accuracy='mlm/accuracy', nsp='nsp/accuracy')


def training_command(config: Path) -> list[str]:
    """What the comment at the top of a config says: its train.py, the last one, behind those of its teachers."""
    *_, line = re.findall(r'^# python (tools/train\.py .*)$', config.read_text(encoding='utf8'), re.M)
    return line.split()


def run(*command: str | Path) -> None:
    print('python', *command, flush=True)
    code = subprocess.run([sys.executable, *map(str, command)], cwd=ROOT, check=False).returncode
    if code:
        raise InputError(f'{command[0]} {command[1]} ended with {code}; what it said stands above')


def require_inputs(config: Path, data_root: Path | None) -> None:
    """Refuse what could not be measured, before hours are spent or an earlier run is forgotten."""
    content = read_config(str(config))
    if content.model.type != 'PretrainingModel':
        span_prefix(content, str(config))
    dataset = content.train_dataloader.dataset
    require(ROOT / (data_root or dataset.data_root) / dataset.ann_file,
            'mmner prepare_dataset --list shows the corpora that can be fetched')
    if 'pretrained' in content:
        require(ROOT / content.pretrained, f'the comment at the top of {config} says how to get it')


def train(config: Path, seed: int, data_root: Path | None = None) -> tuple[Path, list[str]]:
    """Train to the end, its teachers first, from where an earlier run was interrupted, unless one has come to the end.

    Returns:
        The work dir, and what the config's values were replaced by.
    """
    work_dir = work_dir_of(config, seed, data_root)
    options = [f'randomness.seed={seed}']
    if data_root:
        options += [f'{part}_dataloader.dataset.data_root={data_root}' for part in ('train', 'val', 'test')]
    with alone_in(work_dir):
        require_same_config(config, work_dir)
        is_finished = (work_dir / FINISHED).exists()
        for number, teacher in enumerate(read_config(str(config)).model.get('objective', {}).get('teachers', [])):
            of_teacher = ROOT / teacher.config, TEACHER_SEED, data_root
            if not is_finished:
                train(*of_teacher)
            checkpoint = work_dir_of(*of_teacher) / Path(teacher.checkpoint).name
            options.append(f'model.objective.teachers.{number}.checkpoint={checkpoint}')
        if not is_finished:
            run(*training_command(config), '--work-dir', work_dir, '--resume', '--cfg-options', *options)
            (work_dir / FINISHED).touch()
    return work_dir, options


@contextmanager
def alone_in(work_dir: Path) -> Iterator[None]:
    """Wait until no other process trains there: two seeds that train beside each other have the same teachers."""
    work_dir.mkdir(parents=True, exist_ok=True)
    with (work_dir / 'lock').open('w') as lock:
        flock(lock, LOCK_EX)
        yield


def require_same_config(config: Path, work_dir: Path) -> None:
    """Refuse to take what another state of a config has trained for a row of this one."""
    file, content = work_dir / BEGUN, json.dumps(read_config(str(config)).to_dict(), indent=1, default=str)
    if not file.exists():
        file.write_text(content, encoding='utf8')
    elif file.read_text(encoding='utf8') != content:
        raise InputError(f'{config}: is not what it was when the training in {work_dir} began; undo the change, or '
                         'train anew with --again')


def work_dir_of(config: Path, seed: int, data_root: Path | None) -> Path:
    return WORK_DIRS / (data_root.name if data_root else '') / config.stem / f'seed{seed}'


def test(config: Path, work_dir: Path, options: list[str]) -> dict:
    """The rates of the best checkpoint, for a config that chooses one, or of the last."""
    amp = [option for option in training_command(config) if option == '--amp']
    run('tools/test.py', config, chosen_checkpoint(work_dir), *amp, '--work-dir', work_dir / 'test',
        '--cfg-options', *options)
    *_, newest = sorted(work_dir.glob('test/*/*.json'))
    return rates_of(json.loads(newest.read_text(encoding='utf8')))


def rates_of(line: dict) -> dict:
    return {name: round(line[key], 4) for name, key in LOG_KEYS.items() if key in line}


def read_log(work_dir: Path) -> dict:
    """How long a run trained, without the pauses that somebody made, and the rates of each epoch.

    None stands for an epoch whose validation was killed.
    """
    lines = [json.loads(line) for file in sorted(work_dir.glob('*/vis_data/scalars.json'))
             for line in file.read_text(encoding='utf8').splitlines()]
    times = {line['iter']: line['time'] for line in lines if 'iter' in line}
    epochs = {line['step']: rates for line in lines if (rates := rates_of(line))}     # of one run twice, the second
    return dict(minutes=round(median(times.values()) * max(times) / 60, 1),
                epochs=[epochs.get(number) for number in range(1, max(epochs) + 1)])


def results_of(config: Path, data_root: Path | None) -> tuple[Path, dict]:
    """The file of a config's results and what stands in it."""
    file = RESULTS / (data_root.name if data_root else '') / f'{config.stem}.json'
    return file, json.loads(file.read_text(encoding='utf8')) if file.exists() else dict(runs={})


def write_results(file: Path, results: dict) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(results, indent=1) + '\n', encoding='utf8')


def measure(config: Path, seed: int, data_root: Path | None = None) -> None:
    """Add a run to the results of its config, unless it is there."""
    file, results = results_of(config, data_root)
    if str(seed) in results['runs']:
        print(f'{config.stem}: seed {seed} stands in {file}; --again measures it anew')
        return
    work_dir, options = train(config, seed, data_root)
    row = dict(**test(config, work_dir, options), **read_log(work_dir),
               precision=read_config(str(work_dir / config.name)).model.get('precision', 'float32'),
               threads=torch.get_num_threads(), **machine.describe(get_device()))
    _, results = results_of(config, data_root)      # read after the training: another seed may have come to its end
    results['runs'] = dict(sorted((results['runs'] | {str(seed): row}).items()))
    write_results(file, results)


def forget(config: Path, seed: int, data_root: Path | None = None) -> None:
    """Remove a run from the results of its config, and its work dir."""
    file, results = results_of(config, data_root)
    results['runs'].pop(str(seed), None)
    if results['runs']:
        write_results(file, results)
    else:
        file.unlink(missing_ok=True)
    shutil.rmtree(work_dir_of(config, seed, data_root), ignore_errors=True)


@one_line_errors
def main() -> int:
    parser = ArgumentParser(description='Train configs and write their rows.')
    parser.add_argument('configs', nargs='*', type=Path, metavar='CONFIG')
    parser.add_argument('--seeds', nargs='+', type=int, default=[42], help='a run for each (default: 42)')
    parser.add_argument('--data-root', type=Path, help='train and test on the files there instead')
    parser.add_argument('--again', action='store_true', help='forget these runs first, and remove their work dirs')
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)       # as ^C: a training does not outlive this process
    for config in args.configs:
        require_inputs(config, args.data_root)
    if args.again:
        for config, seed in product(args.configs, args.seeds):
            forget(config, seed, args.data_root)
    for seed in args.seeds:
        for config in args.configs:
            measure(config, seed, args.data_root)
            write_tables()
    write_tables()
    return 0


if __name__ == '__main__':
    sys.exit(main())
