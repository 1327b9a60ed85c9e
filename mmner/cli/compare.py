import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev

from mmner.cli.annotation_files import Pairs, add_gold, read_all_pairs
from mmner.cli.errors import one_line_errors
from mmner.cli.option_files import check_option_files
from mmner.cli.progress import with_progress
from mmner.utils import InputError
from mmner.utils.files import written_aside
from mmner.utils.tables import Table, markdown_table

EXAMPLE = ('example: %(prog)s data/cluener/dev.json softmax.jsonl crf.jsonl --gold-format cluener; '
           'of several seeds: ... softmax42.jsonl,softmax43.jsonl crf42.jsonl,crf43.jsonl')


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/analysis_tools/compare.py') -> int:
    """Is B better than A? F1 of both, in all and by category, and how sure the difference is."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    if args.resamples < 1:
        raise InputError(f'--resamples {args.resamples}: give 1 or more')
    trainings, others = ([names] if Path(names).exists() else names.split(',') for names in (args.a, args.b))
    check_option_files({'--changes': args.changes}, [args.gold, *trainings, *others])
    pairs = read_all_pairs(args, [*trainings, *others])
    first, second = pairs[:len(trainings)], pairs[len(trainings):]
    print(markdown_table(*comparison(first, second, args.resamples)))
    count = write_changes(first[0], second[0], args.changes)
    print(f'\n{count} of {len(first[0].texts)} sentences differ'
          + (f'; they are in {args.changes}' if args.changes else ''))
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_gold(parser)
    for name in 'ab':
        parser.add_argument(name, metavar=name.upper(), help=f'predictions of {name.upper()} on the same texts; of '
                                                             'several trainings FILE,FILE,...')
    parser.add_argument('--changes', type=Path, metavar='FILE', help='write the sentences that differ there, as JSON '
                                                                     'lines (of several trainings the first)')
    parser.add_argument('--resamples', type=int, default=10_000, help='how often sentences are drawn (default: 10000)')


def comparison(first: list[Pairs], second: list[Pairs], resamples: int) -> Table:
    """A row for all, and for each category."""
    import numpy as np

    from mmner.evaluation.functional import paired_bootstrap, sentence_counts
    categories = sorted({label for pairs in (*first, *second) for label in pairs.labels})
    counts = [np.stack([sentence_counts(pairs.gold, pairs.predicted, categories) for pairs in trainings])
              for trainings in (first, second)]                                     # (S, N, K, 3) of A and of B
    rows = []
    for place, name in with_progress(enumerate(('all', *categories)), unit='categories'):
        ours = [each.sum(axis=2) if place == 0 else each[:, :, place - 1] for each in counts]    # (S, N, 3)
        difference = paired_bootstrap(*ours, resamples=resamples)
        rows.append((name, *map(described, ours), f'{difference.value:+.4f}',
                     f'{difference.low:+.4f} to {difference.high:+.4f}', f'{difference.p_value:.4f}'))
    return Table(('category', 'F1 of A', 'F1 of B', 'B - A', '95 % of resamples', 'p'), rows)


def described(counts) -> str:
    """F1, or mean and sample standard deviation over several trainings."""
    values = [2 * correct / max(predicted + gold, 1) for correct, predicted, gold in counts.sum(axis=1).tolist()]
    return f'{fmean(values):.4f}' + (f' ± {stdev(values):.4f}' if len(values) > 1 else '')


def write_changes(first: Pairs, second: Pairs, file: Path | None) -> int:
    """Write the sentences in which A and B differ; how many they are."""
    rows = zip(first.texts, first.gold, first.predicted, second.predicted, strict=True)
    changes = [row for row in rows if len({frozenset(entity.span for entity in found) for found in row[2:]}) > 1]
    if file:
        with written_aside(file) as sink:
            sink.writelines(f'{as_json(*change)}\n' for change in with_progress(changes, unit='sentences'))
    return len(changes)


def as_json(text: str, gold: list, ours: list, theirs: list) -> str:
    from mmner.structures import Prediction
    columns = {name: Prediction(text, entities).to_dict()['entities']
               for name, entities in (('gold', gold), ('a', ours), ('b', theirs))}
    return json.dumps(dict(text=text, **columns), ensure_ascii=False)
