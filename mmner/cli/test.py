from argparse import ArgumentParser

from mmner.cli.errors import one_line_errors
from mmner.cli.running import add_common_arguments, build_runner, config_mistakes, read_arguments

EXAMPLE = ('example: python tools/test.py configs/bert_softmax/bert-tiny_softmax_sample_5e.py '
           'work_dirs/bert-tiny_softmax_sample_5e/epoch_5.pth --dump predictions.jsonl')


@one_line_errors
def main(argv: list[str] | None = None) -> int:
    """Test a checkpoint on the test set of a config."""
    parser = ArgumentParser(description='Test a model.', epilog=EXAMPLE)
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint of mmner or MMOCR 0.x')
    parser.add_argument('--dump', metavar='FILE', help='write the predictions as JSON lines')
    add_common_arguments(parser)
    args = parser.parse_args(argv)
    config = read_arguments(args)
    config.load_from = args.checkpoint
    if args.dump:
        dump_to(config, args.dump)
    with config_mistakes(args.config):
        build_runner(config).test()
    return 0


def dump_to(config, file: str) -> None:
    evaluators = config.test_evaluator if isinstance(config.test_evaluator, list) else [config.test_evaluator]
    config.test_evaluator = [*evaluators, dict(type='DumpPredictions', file=file)]
