import colorsys
import re

import pytest

from mmner.visualization.style import SENTENCE_STYLE, hue


def luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance of sRGB in [0, 1] as WCAG 2 defines it."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: tuple, second: tuple) -> float:
    darker, lighter = sorted((luminance(*first), luminance(*second)))
    return (lighter + 0.05) / (darker + 0.05)


def from_hex(color: str) -> tuple:
    digits = color if len(color) == 6 else ''.join(digit * 2 for digit in color)
    return tuple(int(digits[place:place + 2], 16) / 255 for place in (0, 2, 4))


@pytest.mark.parametrize('mode', [0, 1], ids=['light', 'dark'])
def test_every_hue_is_readable(mode):
    paper, ink, tint, line = re.findall(r'--paper: #(\w+); --ink: #(\w+); --tint: (\d+)%; --line: (\d+)%',
                                        SENTENCE_STYLE)[mode]
    paper, ink = from_hex(paper), from_hex(ink)
    assert contrast(paper, ink) >= 7
    for angle in range(360):
        tinted, lined = (colorsys.hls_to_rgb(angle / 360, int(lightness) / 100, 0.65) for lightness in (tint, line))
        assert contrast(tinted, ink) >= 7
        assert contrast(lined, paper) >= 3 and contrast(lined, tinted) >= 3


def test_labels_of_a_corpus_differ():
    cluener = ['address', 'book', 'company', 'game', 'government', 'movie', 'name', 'organization', 'position',
               'scene']
    hues = sorted(map(hue, cluener))
    assert min(after - before for before, after in zip(hues, [*hues[1:], hues[0] + 360], strict=True)) == 14


def test_a_label_keeps_its_hue():
    assert (hue('name'), hue('地址'), hue('\ud800')) == (168, 240, 136)
