"""Annotation files named on the command line: their formats, the options of these, and two files side by side."""
import ast
import inspect
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from os.path import commonprefix
from types import UnionType
from typing import TYPE_CHECKING, NamedTuple, get_args, get_origin

from mmner.cli.progress import with_progress
from mmner.utils import InputError

if TYPE_CHECKING:
    from mmner.structures import Entity

# By name, not by class: help and completion need no more, and the registries import torch.
READABLE = dict(
    brat='BratReader', cluener='CLUENERReader', cmeee='CMeEEReader', conll='ConllReader', doccano='DoccanoReader',
    jsonl='JsonLinesReader', label_studio='LabelStudioReader', label_studio_min='LabelStudioMinReader',
    label_studio_predictions='LabelStudioPredictionsReader', spacy='SpacyReader', spacy_v2='SpacyV2Reader')
WRITABLE = dict(
    brat='BratWriter', cluener='CLUENERWriter', cmeee='CMeEEWriter', conll='ConllWriter', doccano='DoccanoWriter',
    jsonl='JsonLinesWriter', label_studio='LabelStudioWriter',
    label_studio_predictions='LabelStudioPredictionsWriter', spacy='SpacyWriter')


READER_OPTIONS = "arguments of its reader, e.g. tag_column=3 joiner=' '"


class Pairs(NamedTuple):
    """Texts, what is annotated in each, and what was predicted."""
    texts: list[str]
    gold: 'list[list[Entity]]'
    predicted: 'list[list[Entity]]'

    @property
    def labels(self) -> list[str]:
        """All that were annotated or predicted."""
        return sorted({entity.label for column in (self.gold, self.predicted) for entities in column
                       for entity in entities})


def build_reader(name: str, options: list[str], **arguments):
    """The reader of a format; errors as for `with_options`."""
    from mmner.registry import READERS
    return with_options(READERS.get(READABLE[name]), options, **arguments)


def build_writer(name: str, options: list[str], **arguments):
    """The writer of a format; errors as for `with_options`."""
    from mmner.registry import WRITERS
    return with_options(WRITERS.get(WRITABLE[name]), options, **arguments)


def with_options(kind: type, options: list[str], **arguments):
    """A reader or a writer with the KEY=VALUE arguments given by the user, and others.

    Raises:
        InputError: It has no such argument, or refuses its value; or it is one of the others.
    """
    known, given = inspect.signature(kind).parameters, {}
    for option in options:
        name, equals, value = option.partition('=')
        if not equals:
            raise InputError(f'{option}: expected KEY=VALUE, e.g. tag_column=3')
        if name not in known:
            raise InputError(f'{kind.__name__} has no option {name!r}; it has {", ".join(known)}')
        if name in arguments:
            raise InputError(f'{option}: give --{name} in its place')
        given[name] = parse_value(value, known[name])
    return kind(**given, **arguments)


def parse_value(value: str, parameter: inspect.Parameter) -> object:
    """What Python would read (a number, a list) where the parameter can be that, or a string, in which \\t is a tab."""
    string = value.replace('\\t', '\t')
    try:
        parsed = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        parsed = string
    for candidate in (parsed, string):
        if is_of(candidate, parameter.annotation):
            return candidate
    raise InputError(f'{parameter.name}={value}: does not fit `{parameter}`; give a value of that type')


def is_of(value: object, annotation: object) -> bool:
    """Is it of a type, a union of types, or a Sequence of items of one?"""
    if isinstance(annotation, UnionType):
        return any(is_of(value, part) for part in get_args(annotation))
    if get_origin(annotation) is Sequence:
        return isinstance(value, (list, tuple)) and all(is_of(item, *get_args(annotation)) for item in value)
    return type(value) is annotation


def add_pairs(parser: ArgumentParser) -> None:
    """A gold file, a file with predictions, and how they are read."""
    add_gold(parser)
    parser.add_argument('pred', metavar='PRED', help='file with the predictions on the same texts')


def add_gold(parser: ArgumentParser) -> None:
    """A gold file, and how it and predictions are read."""
    parser.add_argument('gold', metavar='GOLD', help='file with the annotation')
    for name, what in (('gold', 'GOLD'), ('pred', 'the predictions')):
        parser.add_argument(f'--{name}-format', choices=READABLE, default='jsonl', metavar='FORMAT',
                            help=f'format of {what}: {", ".join(READABLE)} (default: jsonl)')
        parser.add_argument(f'--{name}-options', nargs='+', default=[], metavar='KEY=VALUE',
                            help=READER_OPTIONS)


def read_pairs(args: Namespace) -> Pairs:
    """The texts of GOLD, with those of PRED; see `read_all_pairs`."""
    pairs, = read_all_pairs(args, [args.pred])
    return pairs


def read_all_pairs(args: Namespace, files: list[str]) -> list[Pairs]:
    """The texts of GOLD, with those of each predicted file; prints what was repaired in them.

    Raises:
        InputError: One cannot be read, or they differ in a text.
    """
    reader = build_reader(args.gold_format, args.gold_options)
    readers = [build_reader(args.pred_format, args.pred_options) for _ in files]
    gold = list(records_of(reader, args.gold))
    pairs = [side_by_side(gold, records_of(predicted, file), args.gold, file)
             for file, predicted in zip(files, readers, strict=True)]
    print_findings([(args.gold, reader), *zip(files, readers, strict=True)])
    return pairs


def records_of(reader, file: str) -> Iterator[dict]:
    """The records of a file, as they are read; what one gives twice is counted in the reader's report."""
    from mmner.datasets.checks import check_repeats, place_of
    for record in with_progress(reader(file)):
        check_repeats(record, place_of(record, file), reader.report)
        yield record


def read_training(args: Namespace) -> Iterator[dict] | None:
    """The records of `--train`, a file in the format of the gold one; None where it was not given."""
    if not args.train:
        return None
    return told(build_reader(args.gold_format, args.gold_options), args.train)


def told(reader, file: str) -> Iterator[dict]:
    """The records of a file, as they are read; at the end prints what was repaired in them."""
    yield from with_progress(reader(file))
    print_findings([(file, reader)])


def print_findings(sources: Iterable[tuple]) -> None:
    """What the readers and writers of some files, each (file, reader or writer), repaired or left out."""
    for file, source in sources:
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
            place = len(commonprefix([left['text'], right['text']]))
            theirs, ours = (f'{record["text"][max(place - 10, 0):place + 10]!a}' for record in (left, right))
            raise InputError(f'{name}:{right["line"]}: the text is not that of {gold_name}:{left["line"]}: around '
                             f'character {place} {ours}, there {theirs}; give files of the same texts in one order')
        for column, value in zip(pairs, (left['text'], left['entities'], right['entities']), strict=True):
            column.append(value)
    return pairs
