# PYTHON_ARGCOMPLETE_OK
import os
import sys
from argparse import ArgumentParser
from importlib import import_module

from mmner.version import __version__

# A command is the module of its name here: `main(argv, prog)` runs it, `add_arguments(parser)` names its arguments.
COMMANDS = dict(
    train='train what a config describes',
    test='test a checkpoint',
    cross_validate='train and test once for each fold of the training file',
    predict='find entities in texts',
    serve='offer a model over HTTP, with a page',
    export='write a folder that runs without torch',
)
EXAMPLE = 'example: mmner predict work_dirs/demo 王伟在北京大学   (`mmner predict --help` says more)'


def main(argv: list[str] | None = None) -> int:
    """What the command `mmner` does: give way to one of COMMANDS, of which only that one is imported."""
    argv = sys.argv[1:] if argv is None else argv
    if '_ARGCOMPLETE' in os.environ:
        complete()
    if argv and argv[0] in COMMANDS:
        return module(argv[0]).main(argv[1:], prog=f'mmner {argv[0]}')
    parser, _ = build_parser()
    parser.parse_args(argv)         # prints help or the version, or says what is wrong, and ends the process
    return 2


def build_parser() -> tuple[ArgumentParser, dict[str, ArgumentParser]]:
    """The parser of `mmner` itself and, without their arguments, those of its commands."""
    parser = ArgumentParser(prog='mmner', description='Named entity recognition.', epilog=EXAMPLE)
    parser.add_argument('--version', action='version', version=__version__)
    commands = parser.add_subparsers(title='commands', metavar='COMMAND', required=True)
    return parser, {name: commands.add_parser(name, help=line) for name, line in COMMANDS.items()}


def complete() -> None:
    """Answer the shell, which asks how the line typed so far may go on; that ends the process."""
    try:
        from argcomplete import autocomplete
    except ImportError:
        return
    parser, commands = build_parser()
    for name, command in commands.items():
        module(name).add_arguments(command)
    autocomplete(parser)


def module(name: str):
    return import_module(f'mmner.cli.{name}')


if __name__ == '__main__':
    sys.exit(main())
