import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from mmner.cli.annotation_files import Pairs, add_pairs, read_pairs
from mmner.cli.errors import one_line_errors
from mmner.cli.option_files import check_option_files
from mmner.utils.files import written_aside
from mmner.utils.tables import Table, markdown_table

EXAMPLE = 'example: %(prog)s data/cluener/dev.json predictions.jsonl --gold-format cluener'
RATES = ('precision', 'recall', 'f1')


@one_line_errors
def main(argv: Sequence[str] | None = None, prog: str = 'python tools/analysis_tools/evaluate.py') -> int:
    """Score predicted entities, in every way of counting that is in use."""
    parser = ArgumentParser(prog=prog, description=main.__doc__, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    check_option_files({'--json': args.json}, [args.gold, args.pred])
    scores = score(read_pairs(args))
    show(scores)
    if args.json:
        with written_aside(args.json) as sink:
            sink.write(json.dumps(scores, indent=1, ensure_ascii=False) + '\n')
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_pairs(parser)
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the scores there, too')


def score(pairs: Pairs) -> dict[str, dict[str, dict]]:
    """Rates and counts: of each category by label and borders, the averages in use, and by what overlaps what."""
    from mmner.evaluation.functional import macro, match_counts, mmocr_counts, strict_counts, text_counts, total
    strict = strict_counts(pairs.gold, pairs.predicted)
    averages = {'micro': total(strict), 'macro': macro(strict), 'CLUENER, macro of strings': macro(text_counts(*pairs)),
                'MMOCR, micro': total(mmocr_counts(pairs.gold, pairs.predicted))}
    tables = {'category': strict, 'average': averages, 'SemEval': match_counts(pairs.gold, pairs.predicted)}
    return {title: {name: described(counts) for name, counts in rows.items()} for title, rows in tables.items()}


def described(counts) -> dict[str, float]:
    """The rates and what they are made from."""
    return {name: getattr(counts, name) for name in RATES} | counts._asdict()


def show(scores: dict[str, dict[str, dict]]) -> None:
    for title, rows in scores.items():
        print(markdown_table(*score_table(title, rows)), end='\n\n')


def score_table(title: str, rows: dict[str, dict]) -> Table:
    """One of the tables of `score`."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row if name not in RATES))
    return Table((title, 'P', 'R', 'F1', *columns), [
        (name, *(f'{row[rate]:.4f}' for rate in RATES), *(str(row.get(column, '')) for column in columns))
        for name, row in rows.items()])
