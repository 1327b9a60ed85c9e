from argparse import ArgumentParser

from mmner.cli.errors import one_line_errors
from mmner.cli.running import add_common_arguments, build_runner, read_arguments

EXAMPLE = ('example: %(prog)s configs/bert_softmax/bert-tiny_softmax_sample_5e.py '
           'work_dirs/bert-tiny_softmax_sample_5e/epoch_5.pth --dump predictions.jsonl')


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/test.py') -> int:
    """Test a checkpoint on the test set of a config."""
    parser = ArgumentParser(prog=prog, description='Test a model.', epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    config = read_arguments(args)
    config.load_from = args.checkpoint
    if args.dump:
        dump_to(config, args.dump)
    from mmner.utils.config import config_mistakes  # mmengine loads after --help and usage errors
    with config_mistakes(args.config):
        runner = build_runner(config)
        metrics = runner.test()
        if args.int8:
            test_in_int8(runner, metrics)
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('config', help='config file, or name of one that comes with mmner')
    parser.add_argument('checkpoint', help='checkpoint of mmner or MMOCR 0.x')
    parser.add_argument('--dump', metavar='FILE', help='write the predictions as JSON lines')
    parser.add_argument('--int8', action='store_true',
                        help='test once more in 8 bits (CPU) and print what that changes in F1')
    add_common_arguments(parser)


def test_in_int8(runner, metrics: dict[str, float]) -> None:
    """Test again with `precision='int8'`; log each F1 over all categories beside the one in `metrics`."""
    model = getattr(runner.model, 'module', runner.model)       # ranks wrap it
    name, model.precision = model.precision, 'int8'
    for key, value in runner.test_loop.run().items():
        if key.endswith('/f1') and key.count('/') == 1:
            runner.logger.info(f'{key} in int8 {value:.4f}, in {name} {metrics[key]:.4f}: '
                               f'{value - metrics[key]:+.4f}')


def dump_to(config, file: str) -> None:
    evaluators = config.test_evaluator if isinstance(config.test_evaluator, list) else [config.test_evaluator]
    config.test_evaluator = [*evaluators, dict(type='DumpPredictions', file=file)]
