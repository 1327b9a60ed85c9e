from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mmner.cli.annotation_files import Pairs, add_pairs, read_pairs, read_training
from mmner.cli.errors import one_line_errors
from mmner.cli.progress import with_progress
from mmner.utils.tables import Table, markdown_table

if TYPE_CHECKING:
    from mmner.evaluation.functional.errors import Bucket

EXAMPLE = ('example: %(prog)s data/cluener/dev.json predictions.jsonl --gold-format cluener '
           '--train data/cluener/train.json')
ENTITY_LENGTHS = (1, 2, 3, 4, 5, 7, 10)
TEXT_LENGTHS = (0, 20, 30, 40, 50, 100, 200)
MATRIX_NOTE = 'Rows are gold, columns predicted; what is the same but for its borders is on the diagonal, too.'


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/analysis_tools/find_errors.py') -> int:
    """Where the errors are: their kinds, what is taken for what, and F1 by length and by what training has seen."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    pairs = read_pairs(args)
    show_kinds(pairs)
    for title, bucket in buckets(read_training(args)).items():
        print('\n' + markdown_table(*counts_table(title, bucket, pairs)))
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_pairs(parser)
    parser.add_argument('--train', metavar='FILE', help='training file, in the format of GOLD: tells what it has seen')


def buckets(training: Iterable[dict] | None) -> 'dict[str, Bucket]':
    """By what to count; also by what the records of a training file have, if there is one."""
    from mmner.evaluation.functional.errors import familiarity, in_ranges, labels_by_surface
    chosen = {
        'characters of the entity': in_ranges(
            ENTITY_LENGTHS, lambda text, entity: sum(end - start for start, end in entity.stretches)),
        'characters of the text': in_ranges(TEXT_LENGTHS, lambda text, entity: len(text))}
    if training is not None:
        records = list(training)
        chosen['in training'] = familiarity(labels_by_surface(
            [record['text'] for record in records], [record['entities'] for record in records]))
    return chosen


def show_kinds(pairs: Pairs) -> None:
    """How many errors there are of each kind, and the confusion matrix."""
    from mmner.evaluation.functional.errors import KINDS, confusion_matrix, kind_of_error, paired_entities
    found = [pair for both in with_progress(zip(pairs.gold, pairs.predicted, strict=True))
             for pair in paired_entities(*both)]
    counts, categories = Counter(kind_of_error(*pair) for pair in found), pairs.labels
    print(markdown_table(('kind', 'entities'), ((kind, str(counts[kind])) for kind in KINDS)), end='\n\n')
    print(f'{MATRIX_NOTE}\n')
    rows = zip((*categories, 'none'), confusion_matrix(found, categories), strict=True)
    print(markdown_table(('gold', *categories, 'none'), ((name, *map(str, row)) for name, row in rows), width=10_000))


def counts_table(title: str, bucket: 'Bucket', pairs: Pairs) -> Table:
    from mmner.evaluation.functional.errors import counts_by
    return Table((title, 'P', 'R', 'F1', 'correct', 'predicted', 'gold'), [
        (name_of(value), *(f'{rate:.4f}' for rate in (counts.precision, counts.recall, counts.f1)), *map(str, counts))
        for value, counts in counts_by(bucket, with_progress(pairs.texts), pairs.gold, pairs.predicted).items()])


def name_of(value: str | tuple[int, int | None]) -> str:
    """A bucket in words; ranges are given with both ends."""
    if isinstance(value, str):
        return value
    low, high = value
    return f'{low} or more' if high is None else str(low) if low == high else f'{low} to {high}'
