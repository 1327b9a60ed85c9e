from collections.abc import Sequence
from typing import NamedTuple

from mmner.datasets.readers.utf16 import Found, in_characters, is_same
from mmner.structures import Entity
from mmner.utils import InputError, Report


class Region(NamedTuple):
    """A labelled stretch of text as Label Studio writes it: `text`, what it holds, and `score` may be unknown."""
    start: int
    end: int
    labels: Sequence[str]
    text: str | None
    score: float | None = None


def parse_region(value: object, where: str, score: float | None = None) -> Region:
    """Check the `{"start", "end", "text", "labels"}` of a region; true and false are no numbers."""
    if isinstance(value, dict):
        start, end, labels, text = value.get('start'), value.get('end'), value.get('labels'), value.get('text')
        labels = [] if labels is None else labels
        if type(start) is int and type(end) is int and isinstance(labels, list) and all(
                isinstance(label, str) for label in labels):
            return Region(start, end, labels, text if isinstance(text, str) else None, score)
    raise InputError(f'{where}: {value!r:.80} is no region of a text; expected {{"start": number, "end": number, '
                     '"labels": [string, ...]}, where numbers are whole')


def entities_of(regions: Sequence[Region], text: str, where: str, report: Report) -> list[list[Entity]]:
    """The entities of each region, one for each of its labels.

    Raises:
        InputError: A region does not lie within the text.
    """
    spans = in_characters([region[:2] for region in regions], [region.text for region in regions], text)
    return [[Entity(label, span.start, span.end, region.score)
             for label in checked_labels(region, span, text, where, report)]
            for region, span in zip(regions, spans, strict=True)]


def checked_labels(region: Region, span: Found, text: str, where: str, report: Report) -> Sequence[str]:
    """The labels of a region that is to stand at a span; what is odd about it is counted."""
    start, end = span[:2]
    if not 0 <= start < end <= len(text):
        raise InputError(f'{where}: {list(region.labels)!r:.60} {region.text!r:.60} at {[start, end]!r:.60} '
                         f'does not fit a text of {len(text)} characters; offsets begin with 0 and ends are exclusive')
    if (start, end) != region[:2]:
        report.add(f'offsets in {span.unit} (turned into characters)',
                   f'{where}: {text[start:end]!r:.60} at {[*region[:2]]!r:.60}')
    if not span.is_clear:
        report.add(f'"text" of a region fits in several ways of counting its offsets (they are read as {span.unit})',
                   f'{where}: {text[start:end]!r:.60} at {[*region[:2]]!r:.60}')
    if region.text is not None and not is_same(region.text, text[start:end]):
        report.add('"text" of a region differs from the text at its span (the span is kept)',
                   f'{where}: {region.text!r:.60} / {text[start:end]!r:.60}')
    if not region.labels:
        report.add('region without a label (left out)', f'{where}: {text[start:end]!r:.60}')
    return region.labels
