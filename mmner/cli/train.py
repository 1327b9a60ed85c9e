from argparse import ArgumentParser

from mmner.cli.errors import one_line_errors
from mmner.cli.running import add_common_arguments, build_runner, config_mistakes, read_arguments

EXAMPLE = 'example: python tools/train.py configs/bert_softmax/bert-tiny_softmax_sample_5e.py'


@one_line_errors
def main(argv: list[str] | None = None) -> int:
    """Train what a config describes."""
    parser = ArgumentParser(description='Train a model.', epilog=EXAMPLE)
    parser.add_argument('config', help='config file')
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT',
                        help='go on from a checkpoint; without a name from the last one in the work dir, if any')
    add_common_arguments(parser)
    args = parser.parse_args(argv)
    config = read_arguments(args)
    if args.resume:
        resume(config, args.resume)
    with config_mistakes(args.config):
        build_runner(config).train()
    return 0


def resume(config, checkpoint: str) -> None:
    """Let the run go on from a checkpoint, or from the beginning when there is none yet."""
    from mmner.engine import latest_checkpoint
    config.load_from = latest_checkpoint(config.work_dir) if checkpoint == 'auto' else checkpoint
    config.resume = config.load_from is not None
