from argparse import ArgumentParser, Namespace
from pathlib import Path
from tempfile import TemporaryDirectory

from mmner.cli.errors import one_line_errors
from mmner.cli.running import add_config, add_run, build_runner, checkpoint_file, read_arguments
from mmner.utils import InputError
from mmner.utils.files import refuse_input, require_writable

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
    if args.baseline and not (args.report and Path(args.baseline).is_file()):
        raise InputError(f'--baseline {args.baseline}: no such file, or no --report to compare in; give both')
    for option, file in (('--dump', args.dump), ('--report', args.report)):
        refuse_input(file, inputs(config, args))
        require_writable(file, option)
    with TemporaryDirectory() as folder:
        predictions = Path(folder, 'predictions.jsonl') if args.report else None
        for file in filter(None, (args.dump, predictions)):
            dump_to(config, str(file))
        runner, metrics = run(config, args.config)
        if predictions and predictions.exists():        # the first rank has written them
            report_on(runner.test_loop.dataloader.dataset, predictions, config, args)
        if args.int8:
            test_in_int8(runner, metrics)
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


def run(config, name: str) -> tuple:
    """Test; the Runner, and what the test_evaluator says.

    Raises:
        InputError: The config is wrong, or something cannot be written.
    """
    from mmner.utils.config import config_mistakes  # mmengine loads after --help and usage errors
    try:
        with config_mistakes(name):
            runner = build_runner(config)
            return runner, runner.test()
    except OSError as error:
        raise InputError(f'what was found cannot be written ({error}); make room, or give another --dump or '
                         '--work-dir') from error


def test_in_int8(runner, metrics: dict[str, float]) -> None:
    """Test again with `precision='int8'`; log each F1 over all categories beside the one in `metrics`."""
    from mmner.engine.model_wrappers import unwrapped
    model = unwrapped(runner.model)
    name, model.precision = model.precision, 'int8'
    for key, value in runner.test_loop.run().items():
        if key.endswith('/f1') and key.count('/') == 1:
            runner.logger.info(f'{key} in int8 {value:.4f}, in {name} {metrics[key]:.4f}: '
                               f'{value - metrics[key]:+.4f}')


def report_on(dataset, predictions: Path, config, args: Namespace) -> None:
    """Write the report about the predictions on a dataset; prints what was repaired in the baseline."""
    from mmner.cli.annotation_files import print_findings, side_by_side
    from mmner.cli.config_data import training_records
    from mmner.cli.report import write_report
    from mmner.datasets import JsonLinesReader
    records = [dataset.get_data_info(index) for index in range(len(dataset))]
    records = [record | dict(line=record['where'].rpartition(':')[2]) for record in records]
    readers = {file: JsonLinesReader() for file in (predictions, args.baseline) if file}
    pairs, baseline, *_ = [*(side_by_side(records, reader(file), dataset.ann_file, str(file))
                             for file, reader in readers.items()), None]
    print_findings(readers.items())
    facts = {'Config': args.config, 'Checkpoint': args.checkpoint, 'Test file': dataset.ann_file,
             'Computed in': config.model.get('precision', 'float32'), 'Baseline': args.baseline or 'none'}
    write_report(args.report, pairs, [record['where'] for record in records], facts,
                 training=training_records(config, args.config), baseline=baseline)


def dump_to(config, file: str) -> None:
    evaluators = config.test_evaluator if isinstance(config.test_evaluator, list) else [config.test_evaluator]
    config.test_evaluator = [*evaluators, dict(type='DumpPredictions', file=file)]
