import sys
from argparse import ArgumentParser
from itertools import islice

from rich.console import Console

from mmner.cli.errors import one_line_errors
from mmner.datasets.readers.base import parse_json, read_lines
from mmner.structures import Entity
from mmner.utils import InputError
from mmner.visualization import mark_entities


@one_line_errors
def main(argv: list[str] | None = None) -> int:
    """Print predicted entities in their sentences."""
    parser = ArgumentParser(description='Show predictions in the terminal.',
                            epilog='example: python tools/show_predictions.py predictions.jsonl --first 10')
    parser.add_argument('file', help='what `tools/test.py --dump` wrote')
    parser.add_argument('--first', type=int, metavar='N', help='show N sentences, not all')
    args = parser.parse_args(argv)
    predictions = list(islice(read_predictions(args.file), args.first))
    categories = sorted({entity.label for _, entities in predictions for entity in entities})
    sys.stdout.reconfigure(errors='backslashreplace')       # a lone surrogate cannot be printed
    console = Console(highlight=False, soft_wrap=True)
    for text, entities in predictions:
        console.print(mark_entities(text, entities, categories))
    return 0


def read_predictions(file: str):
    """Yield (text, entities) of the lines that DumpPredictions wrote.

    Raises:
        InputError: The file is missing, or a line of it is not a prediction.
    """
    for number, line in read_lines(file):
        record = parse_json(line, f'{file}:{number}')
        try:
            yield record['text'], [Entity(row['label'], row['start'], row['end'], row['score'],
                                          row.get('fragments') and tuple(map(tuple, row['fragments'])))
                                   for row in record['entities']]
        except (KeyError, TypeError) as error:
            raise InputError(f'{file}:{number}: not a prediction ({type(error).__name__}: {error}); give a file '
                             'that `tools/test.py --dump` wrote') from error
