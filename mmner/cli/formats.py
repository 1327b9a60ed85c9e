"""The forms in which predictions are written; FORMATS names them all."""
import logging
from collections.abc import Iterable, Sequence
from typing import TextIO


def write_text(predictions: Iterable, sink: TextIO, categories: Sequence[str]) -> None:
    """Each text with its entities in brackets, in colours where the sink is a terminal."""
    from rich.console import Console

    from mmner.visualization import mark_entities
    console = Console(file=sink, highlight=False, soft_wrap=True)
    for text, entities in predictions:
        with console.capture() as captured:     # where a pipe breaks, rich itself would end the process
            console.print(mark_entities(text, entities, categories))
        sink.write(captured.get())


def write_jsonl(predictions: Iterable, sink: TextIO, categories: Sequence[str]) -> None:
    """A line of JSON for each text, see `Prediction.to_dict`."""
    for prediction in predictions:
        sink.write(f'{prediction.to_json()}\n')


def write_conll(predictions: Iterable, sink: TextIO, categories: Sequence[str]) -> None:
    """A line `character<TAB>BIO tag` for each character but blanks, and an empty line behind each text.

    Of entities that overlap, the tags hold the longer; the others are counted in a warning, as are discontinuous ones.
    """
    import numpy as np

    from mmner.structures.tag_schemes import BIO
    from mmner.structures.tag_schemes.overlaps import without_overlaps
    scheme, hidden = BIO(categories=categories), 0
    for text, entities in predictions:
        rows = [(categories.index(label), start, end) for label, start, end, _, fragments in entities if not fragments]
        spans = np.array(rows, dtype=np.int64).reshape(-1, 3)
        hidden += len(entities) - len(spans[without_overlaps(spans)])
        tags = scheme.encode(spans, len(text)).tolist()
        sink.writelines(f'{character}\t{scheme.tags[tag]}\n'
                        for character, tag in zip(text, tags, strict=True) if not character.isspace())
        sink.write('\n')
    if hidden:
        logging.getLogger('mmner').warning(f'{hidden} x entity that BIO tags cannot hold (inside a longer one, or '
                                           'discontinuous); --format jsonl has them all')


def write_html(predictions: Iterable, sink: TextIO, categories: Sequence[str]) -> None:
    """One page with all texts; it is written when the last is done."""
    from mmner.visualization import to_html
    sink.write(to_html(predictions))


FORMATS = dict(text=write_text, jsonl=write_jsonl, conll=write_conll, html=write_html)
