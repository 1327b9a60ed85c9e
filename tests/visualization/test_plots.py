import random
import re
from xml.etree import ElementTree

import pytest

from mmner.evaluation.functional.calibration import Bin
from mmner.visualization.plots import bar_plot, reliability_plot, threshold_plot
from tests.visualization.nasty import nasty_text

SVG = '{http://www.w3.org/2000/svg}'


def words(svg: str) -> list[str]:
    return [''.join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f'{SVG}text')]


def widths(svg: str, color: str) -> list[float]:
    """Of the filled shapes of a colour, in points."""
    found = []
    for path in ElementTree.fromstring(svg).iter(f'{SVG}path'):
        if f'fill: {color}' in path.get('style', ''):
            places = [float(x) for x in re.findall(r'[ML] (\S+) ', path.get('d'))]
            found.append(max(places) - min(places))
    return found


def test_bars_are_as_long_as_their_values():
    svg = bar_plot([('地址', 0.25, '0.25, 12 gold'), ('$x_1$', 0.5, ''), ('name', 1.0, '')], xlabel='F1')
    quarter, half, whole = widths(svg, '#b9cbe2')
    assert (half / whole, quarter / whole) == pytest.approx((0.5, 0.25), abs=1e-3)
    assert {'地址', '$x_1$', 'name', '0.25, 12 gold', 'F1'} <= set(words(svg))
    assert svg == bar_plot([('地址', 0.25, '0.25, 12 gold'), ('$x_1$', 0.5, ''), ('name', 1.0, '')], xlabel='F1')


def test_any_name_gives_an_image():
    source = random.Random(7)
    for _ in range(10):
        names = [nasty_text(source) for _ in range(5)]
        assert ElementTree.fromstring(bar_plot([(name, 0.5, '') for name in names], xlabel='F1')) is not None
    assert f'{"长" * 29}…' in words(bar_plot([('长' * 50, 0.5, '')], xlabel='F1'))


def test_reliability_and_thresholds():
    svg = reliability_plot([Bin(0.5, 0.6, 10, 0.55, 0.25), Bin(0.9, 1.0, 30, 0.97, 0.75)])
    assert len(widths(svg, '#b9cbe2')) == 4 and 'share that is correct' in words(svg)
    assert 'entities' in words(reliability_plot([]))
    svg = threshold_plot([0, 0.5, 1], {'precision': [0.6, 0.7, float('nan')], 'recall': [0.9, 0.7, 0]})
    assert {'precision', 'recall'} <= set(words(svg))
