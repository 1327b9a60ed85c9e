"""Plots of an evaluation, each as the text of an SVG image."""
import warnings
from collections.abc import Sequence
from io import StringIO

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOR, LIGHT = '#1f5fa8', '#b9cbe2'
# Text stays text, which a browser sets in its own fonts: matplotlib has none for Chinese.
STYLE = {'svg.fonttype': 'none', 'svg.hashsalt': 'mmner', 'font.size': 10, 'axes.spines.top': False,
         'axes.spines.right': False}
LONGEST_NAME = 30


def bar_plot(rows: Sequence[tuple[str, float, str]], *, xlabel: str,
             intervals: Sequence[tuple[float, float]] | None = None) -> str:
    """Horizontal bars from 0 to 1, the first on top.

    Args:
        rows: A name, a value from 0 to 1, and what to write beside the bar.
        xlabel (str): What the values are.
        intervals: For each row the lowest and the highest value that it may have.
    """
    names, values, notes = zip(*rows, strict=True)
    places = range(len(rows))
    with rc_context(STYLE):
        figure = Figure(figsize=(6.4, 0.8 + 0.27 * len(rows)), layout='constrained')
        axes = figure.add_subplot()
        axes.barh(places, values, height=0.7, color=LIGHT)
        if intervals:
            lows, highs = zip(*intervals, strict=True)
            axes.hlines(places, lows, highs, color=COLOR)
        for place, note in zip(places, notes, strict=True):
            axes.text(1.02, place, note, va='center', parse_math=False)
        axes.set_yticks(places, [shortened(name) for name in names], parse_math=False)
        axes.set(xlim=(0, 1), ylim=(len(rows) - 0.4, -0.6), xlabel=xlabel)
        axes.tick_params(left=False)
        return as_svg(figure)


def reliability_plot(bins: Sequence[tuple[float, float, int, float, float]]) -> str:
    """How often entities of a score are correct, and how many there are; on the diagonal a score is a probability.

    Args:
        bins: Those of `mmner.evaluation.functional.calibration.reliability`.
    """
    with rc_context(STYLE):
        figure = Figure(figsize=(4.2, 4.6), layout='constrained')
        above, below = figure.subplots(2, sharex=True, height_ratios=(3, 1))
        for low, high, count, score, accuracy in bins:
            above.bar((low + high) / 2, accuracy, width=high - low, color=LIGHT, edgecolor='white')
            below.bar((low + high) / 2, count, width=high - low, color=LIGHT, edgecolor='white')
            above.plot(score, accuracy, 'o', color=COLOR)
        above.plot((0, 1), (0, 1), color='grey', linewidth=1)
        above.set(xlim=(0, 1), ylim=(0, 1.02), ylabel='share that is correct')
        below.set(xlabel='score', ylabel='entities')
        return as_svg(figure)


def threshold_plot(thresholds: Sequence[float], curves: dict[str, Sequence[float]]) -> str:
    """Rates from 0 to 1, each a line under its name, by the least score of the entities that are kept."""
    with rc_context(STYLE):
        figure = Figure(figsize=(4.2, 4.6), layout='constrained')
        axes: Axes = figure.add_subplot()
        for (name, values), line in zip(curves.items(), ('-', '--', ':'), strict=False):
            axes.plot(thresholds, values, line, color=COLOR, label=name)
        axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel='least score of the entities that are kept')
        axes.legend(frameon=False, loc='lower left')
        return as_svg(figure)


def shortened(name: str) -> str:
    """A name as XML can hold it, in one line."""
    name = ''.join(character if character.isprintable() else ' ' for character in name)
    return name if len(name) <= LONGEST_NAME else f'{name[:LONGEST_NAME - 1]}…'


def as_svg(figure: Figure) -> str:
    sink = StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', message='Glyph .* missing')
        figure.savefig(sink, format='svg', metadata=dict(Date=None))
    return sink.getvalue()
