from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from mmner.cli.annotation_files import Pairs, print_findings, records_of, side_by_side
from mmner.cli.errors import one_line_errors
from mmner.cli.option_files import check_option_files
from mmner.cli.running import add_config, add_run, build_runner, checkpoint_file, leave_process_group, read_arguments
from mmner.utils import InputError

EXAMPLE = ('example: %(prog)s configs/bert_softmax/bert-tiny_softmax_sample_5e.py '
           'work_dirs/bert-tiny_softmax_sample_5e/epoch_5.pth --dump predictions.jsonl')


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/test.py') -> int:
    """Test a checkpoint on the test set of a config."""
    parser = ArgumentParser(prog=prog, description='Test a model.', epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    args.checkpoint = checkpoint_file(args.checkpoint)
    config = read_arguments(args)
    config.load_from = args.checkpoint
    missing = [key for key in ('test_dataloader', 'test_cfg', 'test_evaluator') if config.get(key) is None]
    if missing:
        raise InputError(f'{args.config}: has no {", ".join(missing)}; name there the texts and the metric to test '
                         'with')
    if args.baseline and not (args.report and Path(args.baseline).is_file()):
        raise InputError(f'--baseline {args.baseline}: no such file, or no --report to compare in; give both')
    check_option_files({'--dump': args.dump, '--report': args.report}, inputs(config, args))
    with TemporaryDirectory() as folder:
        predictions = Path(folder, 'predictions.jsonl') if args.report else None
        for file in filter(None, (args.dump, predictions)):
            dump_to(config, str(file))
        runner, metrics, baseline = run(config, args)
        if predictions and predictions.exists():        # the first rank has written them
            report_on(runner.test_loop.dataloader.dataset, predictions, baseline, config, args)
        if args.int8:
            test_in_int8(runner, metrics)
    leave_process_group()
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument('checkpoint', help='checkpoint of mmner or MMOCR 0.x; of a work dir the best, else the last')
    parser.add_argument('--dump', type=Path, metavar='FILE', help='write the predictions as JSON lines')
    parser.add_argument('--report', type=Path, metavar='FILE',
                        help='write a page with scores, errors, plots and sentences to filter')
    parser.add_argument('--baseline', metavar='FILE',
                        help='predictions of another model, as --dump writes them, which the report compares with')
    parser.add_argument('--int8', action='store_true',
                        help='test once more in 8 bits (CPU) and print what that changes in F1')
    add_run(parser)


def inputs(config, args: Namespace) -> list[str | Path | None]:
    """The files that a test reads."""
    from mmner.cli.config_data import annotation_files
    return [args.config, args.checkpoint, args.baseline, *annotation_files(config)]


def run(config, args: Namespace) -> tuple:
    """Test; the Runner, what the test_evaluator says, and the texts with the predictions of the baseline, if any.

    Raises:
        InputError: The config is wrong, or for pretraining where entities are asked for; the baseline is of other
            texts.
    """
    from mmner.cli.config_data import require_entities  # mmengine loads after --help and usage errors
    from mmner.utils.config import config_mistakes
    with config_mistakes(args.config):
        runner = build_runner(config)
        dataset = runner.test_loop.dataloader.dataset
        if args.dump or args.report or args.int8:
            require_entities(dataset, args.config)
        baseline = read_predictions(dataset, args.baseline) if args.baseline else None
        return runner, runner.test(), baseline


def test_in_int8(runner, metrics: dict[str, float]) -> None:
    """Test again on the CPU with `precision='int8'`; log each F1 over all categories beside the one in `metrics`."""
    from mmner.engine.model_wrappers import unwrapped
    model = unwrapped(runner.model).cpu()
    name, model.precision = model.precision, 'int8'
    for key, value in runner.test_loop.run().items():
        if key.endswith('/f1') and key.count('/') == 1:
            runner.logger.info(f'{key} in int8 {value:.4f}, in {name} {metrics[key]:.4f}: '
                               f'{value - metrics[key]:+.4f}')


def read_predictions(dataset, file: str | Path) -> Pairs:
    """The texts of a dataset with what was predicted in them; prints what was repaired in the file."""
    from mmner.datasets import JsonLinesReader
    reader = JsonLinesReader()
    records = map(dataset.get_data_info, range(len(dataset)))
    gold = (record | dict(line=record['where'].rpartition(':')[2]) for record in records)
    pairs = side_by_side(gold, records_of(reader, str(file)), dataset.ann_file, str(file))
    print_findings([(file, reader)])
    return pairs


def report_on(dataset, predictions: Path, baseline: Pairs | None, config, args: Namespace) -> None:
    """Write the report about the predictions on a dataset."""
    from mmner.cli.config_data import training_records
    from mmner.cli.report import write_report
    facts = {'Config': args.config, 'Checkpoint': args.checkpoint, 'Test file': dataset.ann_file,
             'Computed in': config.model.get('precision', 'float32'), 'Baseline': args.baseline or 'none'}
    where = [dataset.get_data_info(index)['where'] for index in range(len(dataset))]
    write_report(args.report, read_predictions(dataset, predictions), where, facts,
                 training=training_records(config, args.config), baseline=baseline)


def dump_to(config, file: str) -> None:
    """Add the dump to the metrics, which `test_evaluator` is, or has if it is an Evaluator."""
    evaluator = config.test_evaluator
    holder, key = (evaluator, 'metrics') if 'metrics' in evaluator else (config, 'test_evaluator')
    metrics = holder[key] if isinstance(holder[key], list) else [holder[key]]
    holder[key] = [*metrics, dict(type='DumpPredictions', file=file)]
