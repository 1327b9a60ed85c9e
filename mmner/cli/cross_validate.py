import json
import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path
from statistics import fmean, stdev

from mmner.cli.errors import one_line_errors
from mmner.cli.running import AMP_HELP, add_config, checkpoint_file, config_with_model
from mmner.utils import InputError
from mmner.utils.files import written_aside

EXAMPLE = 'example: %(prog)s configs/bert_softmax/bert-tiny_softmax_sample_5e.py --folds 5'
RATES = ('precision', 'recall', 'f1')
SUMMARY = 'cross_validation.json'
PREDICTIONS = 'predictions.jsonl'
FOLD_RATES = 'rates.json'


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/cross_validate.py') -> int:
    """Train and test a config once for each fold of its training file, from where an earlier command stopped."""
    parser = ArgumentParser(prog=prog, description='Train and test by k-fold cross-validation.', epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    if args.folds < 2:
        raise InputError(f'--folds {args.folds}: it takes two to hold one out; give 2 or more')
    work_dir = Path(args.work_dir or f'work_dirs/{Path(args.config).stem}_folds')
    config = config_to_split(args)
    prefix = span_prefix(config, args.config)
    files = write_configs(fold_configs(config, args), work_dir)
    measured = [file.stem for file in files if (folder(file) / FOLD_RATES).exists()]
    if measured:
        print(f'{", ".join(measured)}: trained and tested before; to measure anew, remove {work_dir}')
    signal.signal(signal.SIGTERM, signal.default_int_handler)       # as ^C: a training does not outlive this process
    folds = [run_fold(file, prefix) for file in files]
    from mmner.cli.config_data import records_of
    texts = [record['text'] for record in records_of(config.train_dataloader.dataset, config, args.config)]
    join_predictions([folder(file) / PREDICTIONS for file in files], texts, args.seed, work_dir / PREDICTIONS)
    write_summary(args, folds, work_dir / SUMMARY)
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument('--folds', type=int, default=5, help='into how many the training file is split (default: 5)')
    parser.add_argument('--seed', type=int, default=0, help='which of all splits (default: 0)')
    parser.add_argument('--work-dir', help='folder of all that is written; default: work_dirs/<config name>_folds')
    parser.add_argument('--amp', action='store_true', help=AMP_HELP)


def config_to_split(args: Namespace):
    """The config with `--cfg-options` and `--amp`.

    Raises:
        InputError: See `config_with_model`; also a config whose training samples cannot be split.
    """
    config = config_with_model(args)
    if not config.get('train_dataloader'):
        raise InputError(f'{args.config}: has no train_dataloader, whose texts would be split')
    for name in ('train', 'val', 'test'):
        dataset = (config.get(f'{name}_dataloader') or {}).get('dataset', {})
        if dataset and not is_type(dataset, 'NERDataset'):
            raise InputError(f'{args.config}: {name}_dataloader.dataset is {dataset.get("type")}; only the texts of a '
                             'NERDataset can be split, and only by its pipeline be tested')
    if is_type(config.model.get('decoder', {}), 'PartialCRFDecoder'):
        raise InputError(f'{args.config}: PartialCRFDecoder learns from texts annotated in part, by which no fold can '
                         'be scored; hold out texts annotated in full, and use `mmner train` and `mmner test`')
    if (config.model.get('objective') or {}).get('teachers'):
        raise InputError(f'{args.config}: its teachers were trained on the texts that a fold holds out; leave out '
                         '`model.objective`')
    return config


def is_type(config: dict, name: str) -> bool:
    """Whether a config is of the class of that name, with or without its scope or module."""
    return str(config.get('type')).rpartition('.')[2] == name


def span_prefix(config, name: str) -> str:
    """Under which name the test reports precision, recall and F1."""
    evaluators = config.get('test_evaluator') or []
    if isinstance(evaluators, dict):
        evaluators = evaluators.get('metrics', evaluators)      # of an Evaluator that is written out
    for evaluator in evaluators if isinstance(evaluators, list) else [evaluators]:
        if is_type(evaluator, 'SpanF1Metric'):
            return evaluator.get('prefix', 'span')
    raise InputError(f'{name}: test_evaluator has no SpanF1Metric, which gives precision, recall and F1; add one')


def fold_configs(config, args: Namespace) -> list[str]:
    """The config file of each fold; its first line tells the training file and its content."""
    origin = '# A fold of {}, {}.\n'.format(*training_file(config))
    return [origin + of_fold(config, dict(fold=fold, num_folds=args.folds, seed=args.seed)).pretty_text
            for fold in range(args.folds)]


def training_file(config) -> tuple[Path, str]:
    """The training file or folder of a config, and what the content of all that its reader reads is told by.

    Raises:
        InputError: It cannot be read.
    """
    from mmner.cli.config_data import annotation_file
    from mmner.datasets.column_cache import checksum
    from mmner.registry import READERS
    from mmner.utils.config import building
    dataset = config.train_dataloader.dataset
    file = annotation_file(dataset)
    with building(config, config.filename):
        reader = READERS.build(dataset.get('reader'))
    content = 0
    for part in reader.files_of(file):
        if part == file or part.exists():       # a .txt of brat may be without .ann
            content = checksum(part, content)
    return file, f'crc32 {content:08x}'


def write_configs(texts: list[str], work_dir: Path) -> list[Path]:
    """Write the config files; where a training has begun, the same must be there.

    Raises:
        InputError: The work dir belongs to another cross-validation.
    """
    files = [work_dir / f'fold{fold}.py' for fold in range(len(texts))]
    if any(begun for name in ('*.pth', 'finished') for begun in work_dir.glob(f'fold*/{name}')):
        for file, text in zip(files, texts, strict=True):
            if not file.exists() or file.read_text(encoding='utf8') != text:
                raise InputError(f'{work_dir}: holds folds of another config, option, --folds, --seed or training '
                                 'file; give another --work-dir, or remove this one')
    for file, text in zip(files, texts, strict=True):
        with written_aside(file) as sink:
            sink.write(text)
    return files


def of_fold(config, fold: dict):
    """The config with the other folds to train on, and this one to validate and test on, each by its pipeline."""
    config = deepcopy(config)
    dataset = config.train_dataloader.dataset
    for loader in filter(None, (config.get('val_dataloader'), config.get('test_dataloader'))):
        loader.dataset = dict(dataset, type='HeldOutFold', pipeline=loader.dataset.pipeline, test_mode=True, **fold)
    dataset.update(type='TrainingFolds', **fold)
    return config


def folder(config_file: Path) -> Path:
    """Where what a fold writes belongs."""
    return config_file.with_suffix('')


def run_fold(config_file: Path, prefix: str) -> dict[str, float]:
    """Do what has not been done of a fold's training and test; its precision, recall and F1."""
    work_dir = folder(config_file)
    rates, finished = work_dir / FOLD_RATES, work_dir / 'finished'
    if not finished.exists():
        run('train', config_file, '--work-dir', work_dir, '--resume')
        finished.touch()
    if not rates.exists():
        run('test', config_file, checkpoint_file(str(work_dir)), '--work-dir', work_dir / 'test', '--dump',
            work_dir / PREDICTIONS)
        *_, newest = sorted(work_dir.glob('test/*/*.json'))
        metrics = json.loads(newest.read_text(encoding='utf8'))
        write_json(rates, {name: metrics[f'{prefix}/{name}'] for name in RATES})
    return json.loads(rates.read_text(encoding='utf8'))


def run(command: str, config_file: Path, *arguments: str | Path) -> None:
    """A command of mmner in a process of its own, which takes its memory with it."""
    print(f'mmner {command} {config_file}', *arguments, flush=True)
    done = subprocess.run([sys.executable, '-m', 'mmner.cli.main', command, config_file, *arguments])
    if done.returncode:
        raise InputError(f'{config_file}: its {command} ended with status {done.returncode}; correct what is said '
                         'above and give this command again')


def join_predictions(files: list[Path], texts: list[str], seed: int, target: Path) -> None:
    """Put the predictions of all folds, each by the model that has not seen the text, in the order of the texts."""
    from mmner.datasets.folds import fold_numbers
    with ExitStack() as stack:
        folds = [stack.enter_context(file.open(encoding='utf8', newline='\n')) for file in files]
        with written_aside(target) as sink:
            sink.writelines(next(folds[number]) for number in fold_numbers(texts, num_folds=len(folds), seed=seed))


def write_summary(args: Namespace, folds: list[dict[str, float]], file: Path) -> None:
    """Write and print the rates of each fold, their mean and sample standard deviation."""
    columns = {name: [rates[name] for rates in folds] for name in RATES}
    mean = {name: fmean(values) for name, values in columns.items()}
    deviation = {name: stdev(values) for name, values in columns.items()}
    write_json(file, dict(config=args.config, num_folds=args.folds, seed=args.seed, folds=folds, mean=mean,
                          standard_deviation=deviation))
    print(f'{"":7}', *(f'{name:>9}' for name in RATES))
    for name, rates in (*((f'fold {number}', rates) for number, rates in enumerate(folds)),
                        ('mean', mean), ('std', deviation)):
        print(f'{name:7}', *(f'{rates[rate]:9.4f}' for rate in RATES))


def write_json(file: Path, value: dict) -> None:
    with written_aside(file) as sink:
        sink.write(json.dumps(value, indent=1, ensure_ascii=False) + '\n')
