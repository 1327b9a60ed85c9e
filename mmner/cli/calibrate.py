import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from mmner.cli.annotation_files import Pairs, add_format_arguments, read_pairs
from mmner.cli.errors import one_line_errors
from mmner.utils import InputError
from mmner.utils.tables import markdown_table

EXAMPLE = 'example: calibrate.py data/cluener/dev.json predictions.jsonl --gold-format cluener --precision 0.9'


@one_line_errors
def main(argv: Sequence[str] | None = None) -> int:
    """How sure may one be of a score, and above which are entities right often enough?"""
    args = parse_args(argv)
    pairs = read_pairs(args, args.gold, args.pred)
    for found in pairs.predicted:
        for entity in found:
            if entity.score is None:
                raise InputError(f'{args.pred}: an entity has no score; give what `tools/test.py --dump` or `mmner '
                                 'predict --format jsonl` wrote')
    show_reliability(pairs)
    show_thresholds(pairs, args.precision)
    return 0


def parse_args(argv: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(description=main.__doc__, epilog=EXAMPLE)
    parser.add_argument('gold', metavar='GOLD', help='file with the annotation')
    parser.add_argument('pred', metavar='PRED', help='file with predictions and their scores on the same texts')
    add_format_arguments(parser)
    parser.add_argument('--precision', type=float, default=0.9, help='what each category is to reach (default: 0.9)')
    args = parser.parse_args(argv)
    if not 0 < args.precision <= 1:
        raise InputError(f'--precision {args.precision}: give a number above 0, at most 1')
    return args


def show_reliability(pairs: Pairs) -> None:
    """How often entities of a score are right; the expected calibration error."""
    import numpy as np

    from mmner.evaluation.functional.calibration import calibration_error, reliability, scored
    rows = np.concatenate([np.zeros((0, 2)), *scored(pairs.gold, pairs.predicted).values()])
    bins = reliability(*rows.T)
    print(markdown_table(('score', 'entities', 'mean score', 'correct'), (
        (f'{part.low:.1f} to {part.high:.1f}', str(part.count), f'{part.score:.4f}', f'{part.accuracy:.4f}')
        for part in bins)))
    print(f'\nExpected calibration error: {calibration_error(bins):.4f}\n')


def show_thresholds(pairs: Pairs, precision: float) -> None:
    """For each category the lowest threshold with this precision, and all of them as an option of `mmner predict`."""
    from mmner.evaluation.functional import strict_counts
    from mmner.evaluation.functional.calibration import scored, threshold_for
    counts = strict_counts(pairs.gold, pairs.predicted)
    found = {label: threshold_for(precision, *rows.T, counts[label].gold)
             for label, rows in scored(pairs.gold, pairs.predicted).items()}
    print(markdown_table((f'precision {precision:g}', 'threshold', 'P', 'R', 'R without'), (
        (label, *(f'{value:.4f}' for value in threshold), f'{counts[label].recall:.4f}')
        for label, threshold in found.items())))
    # Scores were written with six places, so that the entity itself may have a little less.
    print('\n--threshold', *(shlex.quote(f'{label}={max(threshold.score - 5e-7, 0):.7f}')
                             for label, threshold in found.items()))
