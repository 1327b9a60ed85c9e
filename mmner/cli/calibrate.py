import shlex
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmner.cli.annotation_files import Pairs, add_pairs, read_pairs
from mmner.cli.errors import one_line_errors
from mmner.utils import InputError
from mmner.utils.tables import Table, markdown_table

if TYPE_CHECKING:
    from mmner.evaluation.functional.calibration import Bin, Threshold

EXAMPLE = 'example: %(prog)s data/cluener/dev.json predictions.jsonl --gold-format cluener --target-precision 0.9'


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/analysis_tools/calibrate.py') -> int:
    """How sure may one be of a score, and above which are entities right often enough?"""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    if not 0 < args.target_precision <= 1:
        raise InputError(f'--target-precision {args.target_precision}: give a number above 0, at most 1')
    pairs = read_pairs(args)
    if not any(pairs.predicted):
        raise InputError(f'{args.pred}: no entity was predicted, so there is no score to judge; give predictions of a '
                         'trained model')
    if score_is_missing(pairs):
        raise InputError(f'{args.pred}: an entity has no score; give what `mmner test --dump` or `mmner predict '
                         '--format jsonl` wrote')
    show_reliability(pairs)
    show_thresholds(pairs, args.target_precision)
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_pairs(parser)
    parser.add_argument('--target-precision', type=float, default=0.9, metavar='P',
                        help='what each category is to reach (default: 0.9)')


def score_is_missing(pairs: Pairs) -> bool:
    return any(entity.score is None for entities in pairs.predicted for entity in entities)


def show_reliability(pairs: Pairs) -> None:
    """How often entities of a score are right; the expected calibration error."""
    from mmner.evaluation.functional.calibration import calibration_error
    bins = score_bins(pairs)
    print(markdown_table(*reliability_table(bins)))
    print(f'\nExpected calibration error: {calibration_error(bins):.4f}\n')


def score_bins(pairs: Pairs) -> 'list[Bin]':
    """The predicted entities of all categories by their score."""
    from mmner.evaluation.functional.calibration import all_scored, reliability
    return reliability(*all_scored(pairs.gold, pairs.predicted).T)


def reliability_table(bins: 'list[Bin]') -> Table:
    return Table(('score', 'entities', 'mean score', 'correct'), [
        (f'{part.low:.1f} to {part.high:.1f}', str(part.count), f'{part.score:.4f}', f'{part.accuracy:.4f}')
        for part in bins])


def show_thresholds(pairs: Pairs, precision: float) -> None:
    """For each category the lowest threshold with this precision, and all of them as an option of `mmner predict`."""
    found = thresholds(pairs, precision)
    print(markdown_table(*threshold_table(pairs, precision, found)))
    print('\n--threshold', *(shlex.quote(f'{label}={option(threshold)}') for label, threshold in found.items()))


def option(threshold: 'Threshold') -> str:
    """For `mmner predict`. Scores were written with six places, so that of the entity itself may be a little less."""
    return f'{max(threshold.score - 5e-7, 0):.7f}' if threshold.recall else '1'


def thresholds(pairs: Pairs, precision: float) -> 'dict[str, Threshold]':
    """For each category that was predicted the lowest score from which on it has this precision."""
    from mmner.evaluation.functional import strict_counts
    from mmner.evaluation.functional.calibration import scored, threshold_for
    counts = strict_counts(pairs.gold, pairs.predicted)
    return {label: threshold_for(precision, *rows.T, counts[label].gold)
            for label, rows in scored(pairs.gold, pairs.predicted).items()}


def threshold_table(pairs: Pairs, precision: float, found: 'dict[str, Threshold]') -> Table:
    from mmner.evaluation.functional import strict_counts
    counts = strict_counts(pairs.gold, pairs.predicted)
    return Table((f'precision {precision:g}', 'threshold', 'P', 'R', 'R without'), [
        (label, *(f'{value:.4f}' for value in threshold), f'{counts[label].recall:.4f}')
        for label, threshold in found.items()])
