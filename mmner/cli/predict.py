import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TextIO

from mmner.cli.errors import one_line_errors
from mmner.cli.model_arguments import add_device, add_model
from mmner.cli.option_files import check_option_files
from mmner.cli.prediction_formats import FORMATS
from mmner.cli.progress import with_progress
from mmner.utils import InputError
from mmner.utils.files import refuse_input, written_aside
from mmner.utils.memory import keep_freed_memory

EXAMPLE = 'example: %(prog)s work_dirs/demo 王伟在北京大学   or   %(prog)s work_dirs/demo --file a.txt --format jsonl'


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/predict.py') -> int:
    """Find entities in texts."""
    parser = ArgumentParser(prog=prog, description='Find entities in texts: those given, those of files, or the lines '
                                                   'of stdin.', epilog=EXAMPLE)
    add_arguments(parser)
    # `MODEL --format jsonl TEXT`, too; --threshold and --file take whatever stands behind them.
    args = parser.parse_intermixed_args(argv)
    if args.text and args.file:
        parser.error('give texts or --file, not both')
    check_arguments(args.text)
    thresholds = parse_thresholds(args.threshold)
    from mmner.apis import NERInferencer  # torch loads after --help and usage errors
    from mmner.apis.text_files import text_files
    paths = [Path(path) for path in args.file]
    files = chain.from_iterable(map(text_files, paths))
    check_option_files({'--out': args.out}, [*files, args.model, args.weights, args.dictionary])
    keep_freed_memory()
    inferencer = NERInferencer(
        args.model, args.weights, args.device, precision=args.precision, thresholds=thresholds,
        dictionary=args.dictionary, split_sentences=args.split_sentences)
    refuse_input(args.out, inferencer.files)        # which a folder, or the name of a model, does not tell
    with output(args.out) as sink:
        predictions = with_progress(predict(inferencer, args.text, paths), sink)
        options = dict(words=inferencer.words) if args.format == 'conll' else {}
        FORMATS[args.format](predictions, sink, inferencer.categories, **options)
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_model(parser)
    parser.add_argument('text', nargs='*', help='a text; without texts and --file, the lines of stdin')
    parser.add_argument('--file', nargs='+', default=[], metavar='F',
                        help='files in which a line is a text, .json and .jsonl files with "text", folders of .txt')
    parser.add_argument('--format', choices=FORMATS, default='text', help='how to write predictions (default: text)')
    parser.add_argument('--out', type=Path, metavar='FILE', help='write there; the file appears when it is complete')
    add_device(parser)
    parser.add_argument('--threshold', nargs='+', default=[], metavar='SCORE',
                        help='the least score of an entity: 0.5, or for some labels name=0.5 address=0.9; texts stand '
                             'before it')
    parser.add_argument('--dictionary', metavar='FILE',
                        help='lines string<TAB>label: what is always an entity; with the label -, never')
    parser.add_argument('--split-sentences', action='store_true', help='read each sentence on its own')


def check_arguments(texts: list[str]) -> None:
    """
    Raises:
        InputError: One was typed in another encoding; Python has put a lone surrogate for each byte of it.
    """
    for text in texts:
        if any('\udc80' <= character <= '\udcff' for character in text):
            raise InputError(f'{text!r:.60}: not in {sys.getfilesystemencoding()}, the encoding of arguments here; put '
                             'it into a file in UTF-8 and give --file')


def predict(inferencer, texts: list[str], files: list[Path]) -> Iterator:
    """The predictions of the texts, else of the files, else of stdin; those of a terminal line by line."""
    from mmner.apis.text_files import line_texts, texts_in
    if texts:
        return inferencer(iter(texts))
    if files:
        return inferencer.stream(texts_in(files))
    if sys.stdin is None:
        raise InputError('there is no stdin; give texts or --file')
    lines = line_texts(sys.stdin.buffer, 'stdin')
    if sys.stdin.isatty():
        return chain.from_iterable(inferencer.stream([line]) for line in lines)
    return inferencer.stream(lines)


def parse_thresholds(given: list[str]) -> float | dict[str, float] | None:
    """`['0.5']` to a number, `['name=0.5', 'address=0.9']` to a number for each label."""
    try:
        if len(given) == 1 and '=' not in given[0]:
            return float(given[0])
        pairs = [(label, float(score)) for label, score in (item.rsplit('=', 1) for item in given)]
    except ValueError as error:
        raise InputError(f'--threshold {" ".join(given)}: expected one number, or label=number for some '
                         'labels; put texts before --threshold') from error
    if len(dict(pairs)) < len(pairs):
        raise InputError(f'--threshold {" ".join(given)}: names a label twice')
    return dict(pairs) or None


@contextmanager
def output(file: Path | None) -> Iterator[TextIO]:
    """Where predictions go: a file, written aside, or stdout, whose reader may leave before the end."""
    if file:
        with written_aside(file) as sink:
            yield sink
        return
    if sys.stdout is None:
        raise InputError('there is no stdout; give --out')
    sys.stdout.reconfigure(encoding='utf8', errors='backslashreplace')
    with suppress(BrokenPipeError):
        yield sys.stdout
