import sys
from argparse import ArgumentParser
from itertools import islice

from mmner.cli.annotation_files import print_findings
from mmner.cli.argument_types import count
from mmner.cli.errors import one_line_errors
from mmner.cli.prediction_formats import write_text

EXAMPLE = 'example: %(prog)s predictions.jsonl --first 10'


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/show_predictions.py') -> int:
    """Print predicted entities in their sentences."""
    parser = ArgumentParser(prog=prog, description='Show predictions in the terminal.', epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    from mmner.datasets import JsonLinesReader
    reader = JsonLinesReader()
    records = list(islice(reader(args.file), args.first))
    categories = sorted({entity.label for record in records for entity in record['entities']})
    write_text(((record['text'], record['entities']) for record in records), sys.stdout, categories)
    print_findings([(args.file, reader)])
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument('file', help='what `mmner test --dump` or `mmner predict --format jsonl` wrote')
    parser.add_argument('--first', type=count, metavar='N', help='show N sentences, not all')
