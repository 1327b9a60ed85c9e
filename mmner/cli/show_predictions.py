import sys
from argparse import ArgumentParser
from itertools import islice

from rich.console import Console

from mmner.cli.errors import one_line_errors
from mmner.datasets import JsonLinesReader
from mmner.visualization import mark_entities


@one_line_errors
def main(argv: list[str] | None = None) -> int:
    """Print predicted entities in their sentences."""
    parser = ArgumentParser(description='Show predictions in the terminal.',
                            epilog='example: python tools/show_predictions.py predictions.jsonl --first 10')
    parser.add_argument('file', help='what `tools/test.py --dump` wrote')
    parser.add_argument('--first', type=int, metavar='N', help='show N sentences, not all')
    args = parser.parse_args(argv)
    records = list(islice(JsonLinesReader(strict=True)(args.file), args.first))
    categories = sorted({entity.label for record in records for entity in record['entities']})
    sys.stdout.reconfigure(errors='backslashreplace')       # a lone surrogate cannot be printed
    console = Console(highlight=False, soft_wrap=True)
    for record in records:
        console.print(mark_entities(record['text'], record['entities'], categories))
    return 0
