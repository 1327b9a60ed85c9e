from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mmner.structures import Entity, NERDataSample
from mmner.visualization.layout import Piece, lay_out
from mmner.visualization.style import PAGE_STYLE, SENTENCE_STYLE, hue

# What would be markup becomes a reference. A carriage return does too, else a browser reads a line feed. Two things
# HTML in UTF-8 cannot hold: NUL and lone surrogates; one character stands for each.
ESCAPES = {**str.maketrans({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;', '\r': '&#13;',
                            '\0': '␀'}), **dict.fromkeys(range(0xd800, 0xe000), '\ufffd')}
PREFIXES = dict(correct='✓ ', missed='missed ', spurious='spurious ')


class Row(NamedTuple):
    """A sentence to show: its text, what was predicted (or annotated), and the gold to compare that with, if any."""
    text: str
    entities: Sequence[Entity]
    gold: Sequence[Entity] | None = None


class Rendering(Row):
    """A row that a notebook shows with its entities in colours: `Rendering(text, entities)` as a cell's last line."""

    def _repr_html_(self) -> str:
        return f'<style>{SENTENCE_STYLE}</style>{sentence_html(*self)}'


def to_html(predictions: Iterable, *, title: str = 'Entities') -> str:
    """A page that shows sentences with their entities in colours; it needs no script and no other file.

    Args:
        predictions: Each a pair (text, entities), a triple (text, entities, gold), an object with these two
            attributes, or a NERDataSample, whose gold is shown beside what was predicted.
        title (str): Title and heading of the page.

    Raises:
        InputError: An entity is empty or lies outside its text.
    """
    rows = [as_row(prediction) for prediction in predictions]
    sentences = '\n'.join(f'<li>{sentence_html(*row)}</li>' for row in rows)
    return f'''<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{escape(title)}</title>
<style>
{PAGE_STYLE}
{SENTENCE_STYLE}
</style>
</head>
<body>
<h1 dir="auto">{escape(title)}</h1>
{summary(rows)}
<ol>
{sentences}
</ol>
</body>
</html>
'''


def sentence_html(text: str, entities: Sequence[Entity], gold: Sequence[Entity] | None = None) -> str:
    """One sentence as a `<div class="mmner">`, to be used with `SENTENCE_STYLE`.

    An entity is a `<mark>` with its label and score in a `<bdi>` at its end; nested ones are nested, crossing ones are
    cut in pieces. One that stands there twice is shown once. Outside of `<bdi>` the content is the text.

    Args:
        text: The sentence.
        entities: In offsets of the text.
        gold: If given, every entity says whether it is correct, missed (only in gold) or spurious (not in gold).

    Raises:
        InputError: An entity is empty or lies outside the text.
    """
    verdicts = judge(entities, gold)
    distinct = {}
    for entity in (*entities, *(gold or ())):
        distinct.setdefault(entity.span, entity)
    events = lay_out(text, list(distinct.values()))
    levels = 1 + max((piece.level for kind, piece in events if kind == 'open'), default=-1)
    parts = []
    for kind, value in events:
        if kind == 'text':
            parts.append(escape(value))
        elif kind == 'open':
            parts.append(opening_tag(value, verdicts.get(value.entity.span)))
        else:
            parts.append(f'{caption(value, verdicts.get(value.entity.span))}</mark>')
    return f'<div class="mmner" dir="auto" style="--levels:{levels}">{"".join(parts)}</div>'


def opening_tag(piece: Piece, verdict: str | None) -> str:
    class_ = f' class="{verdict}"' if verdict else ''
    return f'<mark{class_} style="--hue:{hue(piece.entity.label)};--level:{piece.level}">'


def caption(piece: Piece, verdict: str | None) -> str:
    score = '' if piece.entity.score is None else f' {piece.entity.score:.2f}'
    return f'<bdi>{PREFIXES.get(verdict, "")}{escape(piece.caption)}{score}</bdi>'


def judge(entities: Sequence[Entity], gold: Sequence[Entity] | None) -> dict[tuple, str]:
    """For each `Entity.span`: 'correct', 'missed' or 'spurious'; nothing where there is no gold."""
    if gold is None:
        return {}
    found, true = {entity.span for entity in entities}, {entity.span for entity in gold}
    return {**dict.fromkeys(found & true, 'correct'), **dict.fromkeys(true - found, 'missed'),
            **dict.fromkeys(found - true, 'spurious')}


def summary(rows: Sequence[Row]) -> str:
    """How many sentences and entities of each label there are and, where there is gold, how many are right."""
    verdicts = Counter(verdict for row in rows for verdict in judge(row.entities, row.gold).values())
    labels = Counter(label for row in rows for label, *_ in {entity.span for entity in row.entities})
    counts = [f'sentences {len(rows)}', f'entities {labels.total()}',
              *(f'{verdict} {verdicts[verdict]}' for verdict in PREFIXES if verdicts)]
    marks = ' '.join(f'<mark style="--hue:{hue(label)};--level:0">{escape(label)} {count}</mark>'
                     for label, count in sorted(labels.items()))
    return f'<p>{", ".join(counts)}</p>\n<p class="mmner">{marks}</p>'


def as_row(prediction) -> Row:
    if isinstance(prediction, NERDataSample):
        return Row(prediction.text, prediction.predicted, prediction.entities)
    if hasattr(prediction, 'entities'):
        return Row(prediction.text, prediction.entities)
    return Row(*prediction)


def escape(text: str) -> str:
    return text.translate(ESCAPES)
