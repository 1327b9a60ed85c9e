"""A report as one page: tables, plots, and sentences that a script filters. It fetches nothing."""
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from mmner.structures import Entity
from mmner.visualization.html import escape, sentence_html
from mmner.visualization.style import SENTENCE_STYLE

PAGE = Path(__file__).parent / 'page'
Options = Sequence[tuple[str, str | int]]       # what is shown, and the value that it stands for


class Sentence(NamedTuple):
    """A sentence of the list.

    Attributes:
        where (str): File and line.
        text (str): What was read.
        gold, predicted (list[Entity]): In offsets of the text.
        pairs (list[tuple[str, int, int]]): For each pair of a gold and a predicted entity that means it: the kind of
            error and the places of their categories among those of the report, -1 where there is none.
        baseline (list[Entity], optional): What the program to compare with predicted.
        change (str): 'better' or 'worse' than the baseline, 'different', or nothing.
    """
    where: str
    text: str
    gold: list[Entity]
    predicted: list[Entity]
    pairs: list[tuple[str, int, int]]
    baseline: list[Entity] | None = None
    change: str = ''

    def to_dict(self) -> dict:
        """What the script reads."""
        html = sentence_html(self.text, self.predicted, self.gold)
        if self.change:
            html += f'<small>baseline</small>{sentence_html(self.text, self.baseline, self.gold)}'
        return dict(where=self.where, text=self.text, html=html, pairs=self.pairs, change=self.change)


class Count(NamedTuple):
    """A cell of a table that leads to sentences.

    Attributes:
        value (int): What it shows.
        filter (Mapping[str, str | int]): The values of the page's filters that choose them, by name.
        heat (float): How strongly it is coloured, from 0 to 1.
    """
    value: int
    filter: Mapping[str, str | int]
    heat: float = 0.0


class Section(NamedTuple):
    """A heading and the HTML under it."""
    title: str
    html: str


def report_page(title: str, facts: Mapping[str, str], sections: Sequence[Section], *,
                choices: Mapping[str, tuple[str, Options]], sentences: Iterable[Sentence]) -> str:
    """The whole page.

    Args:
        title (str): Title and heading.
        facts (Mapping[str, str]): What was measured: name and value.
        sections (Sequence[Section]): What comes before the sentences.
        choices (Mapping[str, tuple]): The filters 'kind', 'gold', 'predicted' and perhaps 'changed': the title of each
            and its options.
        sentences (Iterable[Sentence]): Those of the list.
    """
    script = (PAGE / 'report.js').read_text(encoding='utf8')
    digest = b64encode(sha256(script.encode()).digest()).decode()
    data = json.dumps([sentence.to_dict() for sentence in sentences]).replace('<', '\\u003c')
    links = ''.join(f'<a href="#section{number}">{escape(section.title)}</a>'
                    for number, section in enumerate(sections))
    return f'''<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'">
<title>{escape(title)}</title>
<style>
{(PAGE / 'report.css').read_text(encoding='utf8')}
{SENTENCE_STYLE}
</style>
</head>
<body>
<h1>{escape(title)}</h1>
<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in facts.items())}</dl>
<nav>{links}<a href="#list-of-sentences">Sentences</a></nav>
{''.join(f'<section id="section{number}"><h2>{escape(section.title)}</h2>{section.html}</section>'
         for number, section in enumerate(sections))}
<section id="list-of-sentences"><h2>Sentences</h2>
<form id="filters"><label>Text<input name="words" type="search"></label>
{''.join(select(name, *choice) for name, choice in choices.items())}
<button type="reset">All</button></form>
<p id="count" aria-live="polite"></p>
<ol id="list"></ol>
<button id="more" type="button">More</button>
<noscript>The sentences need JavaScript.</noscript></section>
<script type="application/json" id="sentences">{data}</script>
<script>{script}</script>
</body>
</html>
'''


def select(name: str, title: str, values: Options) -> str:
    options = ''.join(f'<option value="{escape(str(value))}">{escape(shown)}</option>'
                      for shown, value in values)
    return f'<label>{escape(title)}<select name="{name}"><option value="">any</option>{options}</select></label>'


def table(header: Sequence[str], rows: Iterable[Sequence[str | Count]]) -> str:
    """Names in the first column, numbers in the others."""
    head = ''.join(f'<th>{escape(cell)}</th>' for cell in header)
    body = ''.join(f'<tr><th>{escape(name)}</th>{"".join(map(cell_html, cells))}</tr>' for name, *cells in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def cell_html(cell: str | Count) -> str:
    if isinstance(cell, str):
        return f'<td>{escape(cell)}</td>'
    heat = f' style="--heat:{cell.heat:.3f}"' if cell.heat else ''
    shown = cell.value
    if cell.value:
        shown = f'<button type="button" data-filter="{escape(json.dumps(cell.filter))}">{cell.value}</button>'
    return f'<td{heat}>{shown}</td>'


def figures(plots: Mapping[str, str]) -> str:
    """SVG images, each by what it shows in words."""
    images = (f'<figure><img alt="{escape(words)}" src="data:image/svg+xml;base64,'
              f'{b64encode(svg.encode()).decode()}"></figure>' for words, svg in plots.items())
    return f'<div class="figures">{"".join(images)}</div>'


def paragraph(text: str) -> str:
    return f'<p>{escape(text)}</p>'
