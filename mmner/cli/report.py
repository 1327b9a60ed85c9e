from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mmner.cli.annotation_files import Pairs, add_pairs, read_all_pairs, read_training
from mmner.cli.errors import one_line_errors
from mmner.cli.option_files import check_option_files
from mmner.cli.progress import with_progress
from mmner.utils.files import written_aside

EXAMPLE = ('example: %(prog)s data/cluener/dev.json predictions.jsonl report.html --gold-format cluener '
           '--train data/cluener/train.json')
MOST_SENTENCES = 5000       # a browser is slow with many more


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/analysis_tools/report.py') -> int:
    """All that the other tools find out about predictions, as one page with plots and sentences to filter."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    check_option_files({'OUT': args.out}, [args.gold, args.pred, args.train, args.baseline])
    files = [args.pred, args.baseline] if args.baseline else [args.pred]
    pairs, baseline, *_ = [*read_all_pairs(args, files), None]
    facts = {'Gold': args.gold, 'Predictions': args.pred, 'Baseline': args.baseline or 'none'}
    where = [f'{args.gold}, text {number}' for number in range(1, len(pairs.texts) + 1)]
    write_report(args.out, pairs, where, facts, training=read_training(args), baseline=baseline)
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_pairs(parser)
    parser.add_argument('out', type=Path, metavar='OUT', help='where to write the page')
    parser.add_argument('--train', metavar='FILE', help='training file, in the format of GOLD: tells what it has seen')
    parser.add_argument('--baseline', metavar='FILE', help='predictions to compare with, in the format of PRED')


def write_report(file: Path, pairs: Pairs, where: Sequence[str], facts: Mapping[str, str], *,
                 training: Iterable[dict] | None = None, baseline: Pairs | None = None) -> None:
    """Write the page and say so.

    Args:
        file (Path): Where to.
        pairs (Pairs): Texts with gold and predicted entities.
        where (Sequence[str]): File and place of each text.
        facts (Mapping[str, str]): What stands at the top: name and value.
        training (Iterable[dict], optional): The records that the model was trained on.
        baseline (Pairs, optional): The same texts with the predictions of the program to compare with.
    """
    from mmner.cli import report_sections as parts
    from mmner.evaluation.functional import strict_counts, total
    from mmner.evaluation.functional.errors import KINDS
    from mmner.visualization.report import report_page
    categories, matches = pairs.labels, parts.matches_of(pairs)
    sections = [parts.score_section(pairs, categories), parts.error_section(matches, categories),
                parts.length_section(pairs, training), parts.sureness_section(pairs)]
    places = [*((category, place) for place, category in enumerate(categories)), ('none', -1)]
    choices = dict(kind=('Kind', [('any error', 'error'), *zip(KINDS, KINDS, strict=True)]),
                   gold=('Gold', places), predicted=('Predicted', places))
    if baseline:
        sections.append(parts.comparison_section(pairs, baseline))
        choices['changed'] = 'Baseline', [('any change', 'any'), ('better', 'better'), ('worse', 'worse'),
                                          ('as many errors', 'different')]
    sentences = list(parts.sentences(pairs, where, matches, categories, baseline))
    shown = sorted(sentences, key=has_no_error)[:MOST_SENTENCES] if len(sentences) > MOST_SENTENCES else sentences
    counts = total(strict_counts(pairs.gold, pairs.predicted))
    facts = {**facts, 'Texts': str(len(pairs.texts)), 'Gold entities': str(counts.gold),
             'Predicted entities': str(counts.predicted)}
    if len(shown) < len(sentences):
        facts['Not in the list'] = f'{len(sentences) - len(shown)} texts; those with errors come first'
    page = report_page('Report', facts, sections, choices=choices, sentences=with_progress(shown))
    with written_aside(file) as sink:
        sink.write(page)
    print(f'{file}: report on {len(sentences)} texts')


def has_no_error(sentence) -> bool:
    return all(kind == 'correct' for kind, *_ in sentence.pairs)
