import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev

from mmner.cli.annotation_files import Pairs, add_format_arguments, read_pairs
from mmner.cli.errors import one_line_errors
from mmner.utils import InputError
from mmner.utils.files import written_aside

EXAMPLE = ('example: compare.py data/cluener/dev.json softmax.jsonl crf.jsonl --gold-format cluener; '
           'of several seeds: ... softmax42.jsonl,softmax43.jsonl crf42.jsonl,crf43.jsonl')


@one_line_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Is B better than A? F1 of both, in all and by category, and how sure the difference is."""
    args = parse_args(argv)
    first, second = ([read_pairs(args, args.gold, file) for file in names.split(',')] for names in (args.a, args.b))
    show(first, second, args.resamples)
    count = write_changes(first[0], second[0], args.changes)
    print(f'\n{count} of {len(first[0].texts)} sentences differ'
          + (f'; they are in {args.changes}' if args.changes else ''))
    return 0


def parse_args(argv: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(description=main.__doc__, epilog=EXAMPLE)
    parser.add_argument('gold', metavar='GOLD', help='file with the annotation')
    for name in 'ab':
        parser.add_argument(name, metavar=name.upper(), help=f'predictions of {name.upper()} on the same texts; of '
                                                             'several trainings FILE,FILE,...')
    add_format_arguments(parser)
    parser.add_argument('--changes', type=Path, metavar='FILE', help='write the sentences that differ there, as JSON '
                                                                     'lines (of several trainings the first)')
    parser.add_argument('--resamples', type=int, default=10_000, help='how often sentences are drawn (default: 10000)')
    args = parser.parse_args(argv)
    if args.resamples < 1:
        raise InputError(f'--resamples {args.resamples}: give 1 or more')
    return args


def show(first: list[Pairs], second: list[Pairs], resamples: int) -> None:
    """A row for all, and for each category."""
    import numpy as np

    from mmner.evaluation.functional import paired_bootstrap, sentence_counts
    from mmner.utils.tables import markdown_table
    categories = sorted({entity.label for pairs in (*first, *second) for column in (pairs.gold, pairs.predicted)
                         for entities in column for entity in entities})
    counts = [np.stack([sentence_counts(pairs.gold, pairs.predicted, categories) for pairs in trainings])
              for trainings in (first, second)]                                     # (S, N, K, 3) of A and of B
    rows = []
    for place, name in enumerate(('all', *categories)):
        ours = [rows.sum(axis=2) if name == 'all' else rows[:, :, place - 1] for rows in counts]    # (S, N, 3)
        difference = paired_bootstrap(*ours, resamples=resamples)
        rows.append((name, *map(described, ours), f'{difference.value:+.4f}',
                     f'{difference.low:+.4f} to {difference.high:+.4f}', f'{difference.p_value:.4f}'))
    print(markdown_table(('category', 'F1 of A', 'F1 of B', 'B - A', '95 % of resamples', 'p'), rows))


def described(counts) -> str:
    """F1, or mean and sample standard deviation over several trainings."""
    values = [2 * correct / max(predicted + gold, 1) for correct, predicted, gold in counts.sum(axis=1).tolist()]
    return f'{fmean(values):.4f}' + (f' ± {stdev(values):.4f}' if len(values) > 1 else '')


def write_changes(first: Pairs, second: Pairs, file: Path | None) -> int:
    """Write the sentences in which A and B differ; how many they are."""
    from mmner.structures import Prediction
    changes = []
    for text, gold, ours, theirs in zip(first.texts, first.gold, first.predicted, second.predicted, strict=True):
        if {entity.span for entity in ours} != {entity.span for entity in theirs}:
            changes.append(dict(text=text, **{name: Prediction(text, entities).to_dict()['entities']
                                              for name, entities in (('gold', gold), ('a', ours), ('b', theirs))}))
    if file:
        try:
            with written_aside(file) as sink:
                sink.writelines(json.dumps(change, ensure_ascii=False) + '\n' for change in changes)
        except OSError as error:
            raise InputError(f'{file}: {error.strerror}; give another --changes') from error
    return len(changes)
