"""The forms in which predictions are written; FORMATS names them all."""
import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import TextIO


def write_text(predictions: Iterable, sink: TextIO, categories: Sequence[str]) -> None:
    """Each text with its entities in brackets, in colours where the sink is a terminal."""
    from rich.console import Console

    from mmner.visualization import mark_entities
    console = Console(file=sink, highlight=False, soft_wrap=True)
    for text, entities, *_ in predictions:
        with console.capture() as captured:     # where a pipe breaks, rich itself would end the process
            console.print(mark_entities(text, entities, categories))
        sink.write(captured.get())


def write_jsonl(predictions: Iterable, sink: TextIO, categories: Sequence[str]) -> None:
    """A line of JSON for each text, see `Prediction.to_dict`."""
    for prediction in predictions:
        sink.write(f'{prediction.to_json()}\n')


def write_conll(predictions: Iterable, sink: TextIO, categories: Sequence[str],
                words: Callable[[str], Iterable[tuple[int, int]]] | None = None) -> None:
    """A line `character<TAB>BIO tag` for each character but blanks, or for each of the words that `words` finds in the
    text, and an empty line behind each text.

    Of entities that overlap, the tags hold the longer; the others are counted in a warning, as are discontinuous ones,
    those of blanks alone, and lone surrogates, which are no characters and have no line. An empty line stands in front
    of a byte order mark that begins the first text.

    Raises:
        InputError: One of the categories cannot stand in columns; this shows before the first text is predicted.
    """
    import numpy as np

    from mmner.datasets.conll_tags import tags_of
    from mmner.datasets.readers.base import BYTE_ORDER_MARK
    from mmner.datasets.writers.conll import require_tag
    from mmner.structures.tag_schemes.overlaps import without_overlaps
    from mmner.tokenizers.base import LONE_SURROGATE
    for category in categories:
        require_tag(category, '--format conll')
    hidden, surrogates = 0, 0
    for number, (text, entities, *_) in enumerate(predictions):
        surrogates += len(LONE_SURROGATE.findall(text))
        places = words(text) if words else ((place, place + 1) for place, character in enumerate(text)
                                            if not character.isspace())
        units = [(start, end) for start, end in places if not LONE_SURROGATE.match(text, start)]
        starts, ends = zip(*units, strict=True) if units else ((), ())
        spans = [(label, bisect_right(ends, start), bisect_left(starts, end))
                 for label, start, end, _, fragments in entities if not fragments]
        spans = [(label, first, end) for label, first, end in spans if first < end]
        keep = without_overlaps(np.array([(0, first, end) for _, first, end in spans]).reshape(-1, 3)).tolist()
        hidden += len(entities) - sum(keep)
        tags = tags_of([span for span, kept in zip(spans, keep, strict=True) if kept], len(units), 'BIO')
        strings = [text[start:end] for start, end in units]
        if not number and strings[:1] == [BYTE_ORDER_MARK]:
            sink.write('\n')           # at the very beginning of a file it would not be read as text
        sink.writelines(f'{string}\t{tag}\n' for string, tag in zip(strings, tags, strict=True))
        sink.write('\n')
    logger = logging.getLogger('mmner')
    if hidden:
        logger.warning(f'{hidden} x entity that BIO tags cannot hold (inside a longer one, discontinuous, or of blanks '
                       'alone); --format jsonl has them all')
    if surrogates:
        logger.warning(f'{surrogates} x lone surrogate, which has no line; --format jsonl has them all')


def write_html(predictions: Iterable, sink: TextIO, categories: Sequence[str]) -> None:
    """One page with all texts; it is written when the last is done."""
    from mmner.visualization import to_html
    sink.write(to_html(predictions))


FORMATS = dict(text=write_text, jsonl=write_jsonl, conll=write_conll, html=write_html)
