"""Annotation files named on the command line: their formats, the options of these, and two files side by side."""
import ast
import inspect
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from mmner.structures import Entity
from mmner.utils import InputError


class Pairs(NamedTuple):
    """Texts, what is annotated in each, and what was predicted."""
    texts: list[str]
    gold: list[list[Entity]]
    predicted: list[list[Entity]]


def with_options(kind: type, options: list[str], **arguments):
    """A reader or a writer with the KEY=VALUE arguments given by the user, and others.

    Raises:
        InputError: It has no such argument, or refuses its value.
    """
    given, known = dict(map(parse_option, options)), inspect.signature(kind).parameters
    unknown = [name for name in given if name not in known]
    if unknown:
        raise InputError(f'{kind.__name__} has no option {unknown[0]!r}; it has {", ".join(known)}')
    return kind(**given | arguments)


def parse_option(option: str) -> tuple[str, object]:
    """KEY=VALUE; the value is what Python would read (a number, a list), or else a string, in which \\t is a tab."""
    key, equals, value = option.partition('=')
    if not equals:
        raise InputError(f'{option}: expected KEY=VALUE, e.g. tag_column=3')
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value.replace('\\t', '\t')


def add_format_arguments(parser: ArgumentParser) -> None:
    """How a gold file and predictions are read."""
    from mmner.datasets.formats import READERS
    for name, what in (('gold', 'GOLD'), ('pred', 'the predictions')):
        parser.add_argument(f'--{name}-format', choices=READERS, default='jsonl',
                            help=f'format of {what} (default: jsonl)')
        parser.add_argument(f'--{name}-options', nargs='+', default=[], metavar='KEY=VALUE',
                            help='arguments of its reader, e.g. separator=\\t tag_column=3')


def read_pairs(args: Namespace, gold_file: str, file: str) -> Pairs:
    """The texts of a gold and a predicted file; prints what was repaired in them.

    Raises:
        InputError: One cannot be read, or they differ in a text.
    """
    from mmner.datasets.formats import READERS
    gold = with_options(READERS[args.gold_format], args.gold_options)
    predicted = with_options(READERS[args.pred_format], args.pred_options)
    pairs = side_by_side(gold(gold_file), predicted(file), gold_file, file)
    print_findings({gold_file: gold, file: predicted})
    return pairs


def print_findings(sources: dict) -> None:
    """What the readers and writers of some files repaired or left out."""
    for file, source in sources.items():
        for line in source.report.lines():
            print(f'{file}: {line}')


def side_by_side(gold: Iterable[dict], predicted: Iterable[dict], gold_name: str, name: str) -> Pairs:
    pairs = Pairs([], [], [])
    for left, right in zip_longest(gold, predicted):
        if left is None or right is None:
            longer, shorter = (gold_name, name) if right is None else (name, gold_name)
            raise InputError(f'{shorter}: ends after {len(pairs.texts)} texts, {longer} goes on; give files of the '
                             'same texts')
        if left['text'] != right['text']:
            raise InputError(f'{name}:{right["line"]}: the text {right["text"]!r:.60} is not that of '
                             f'{gold_name}:{left["line"]}, {left["text"]!r:.60}; give files of the same texts in the '
                             'same order')
        for column, value in zip(pairs, (left['text'], left['entities'], right['entities']), strict=True):
            column.append(value)
    return pairs
