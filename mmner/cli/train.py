import sys
from argparse import ArgumentParser

from mmner.cli.errors import one_line_errors
from mmner.cli.running import add_config, add_run, build_runner, leave_process_group, read_arguments
from mmner.utils.work_dirs import latest_checkpoint

EXAMPLE = 'example: %(prog)s configs/bert_softmax/bert-tiny_softmax_sample_5e.py'


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/train.py') -> int:
    """Train what a config describes."""
    parser = ArgumentParser(prog=prog, description='Train a model.', epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    config = read_arguments(args)
    if args.resume:
        resume(config, args.resume)
    from mmner.utils.config import config_mistakes  # mmengine loads after --help and usage errors
    with config_mistakes(args.config):
        build_runner(config).train()
    leave_process_group()
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT',
                        help='go on from a checkpoint; without a name from the last one in the work dir, if any')
    add_run(parser)


def resume(config, checkpoint: str) -> None:
    """Let the run go on from a checkpoint, or begin as the config says when there is none yet."""
    found = latest_checkpoint(config.work_dir) if checkpoint == 'auto' else checkpoint
    if found is not None:
        config.load_from, config.resume = found, True
    else:
        print(f'{config.work_dir}: no checkpoint yet, the run begins', file=sys.stderr)
