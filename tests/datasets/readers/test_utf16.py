import json
import shutil
import subprocess

import pytest

from mmner.datasets.readers.utf16 import characters_of_units, in_characters

TEXT = 'a😀b😀😀cd  e'           # units: a 0, 😀 1 2, b 3, 😀 4 5, 😀 6 7, c 8, d 9, blanks 10 11, e 12


def test_units_by_hand():
    assert characters_of_units(TEXT) == [0, 1, 1, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10]
    assert characters_of_units('') == [0] and characters_of_units('\ud83da\ude00') == [0, 1, 2, 3]


@pytest.mark.parametrize(('spans', 'strings', 'expected'), [
    ([(8, 10)], ['cd'], [(5, 7)]),                                  # only units fit
    ([(5, 7)], ['cd'], [(5, 7)]),                                   # only characters fit
    ([(8, 13)], ['cd e'], [(5, 10)]),                               # blanks run together
    ([(8, 10), (3, 4)], ['cd', None], [(5, 7), (2, 3)]),            # one tells for the other
    ([(8, 10), (3, 4), (2, 3)], ['cd', None, 'b'], [(5, 7), (3, 4), (2, 3)]),   # they tell different things
    ([(8, 10), (3, 4)], ['cd', 'x'], [(5, 7), (2, 3)]),
    ([(8, 10)], ['x'], [(8, 10)]), ([(3, 4)], [None], [(3, 4)]), ([], [], []),
    ([(8, 99), (-1, 2), (9, 8)], ['cd', 'a', 'd'], [(8, 99), (-1, 2), (9, 8)])])
def test_by_hand(spans, strings, expected):
    found = in_characters(spans, strings, TEXT)
    assert [span[:2] for span in found] == expected and all(span.is_clear for span in found)


def test_line_ends_that_are_spelt_out():
    assert in_characters([(3, 6)], ['b\\nc'], '😀 b\nc') == [(2, 5, 'UTF-16 units', True)]


def test_a_text_without_such_characters_stays():
    spans = [(0, 1), (1, 3)]
    assert [span[:2] for span in in_characters(spans, ['x', None], 'abc王')] == spans


@pytest.mark.parametrize(('spans', 'strings', 'expected', 'clear'), [
    ([(2, 3)], ['哈'], [(2, 3)], [False]), ([(2, 3)], [None], [(2, 3)], [True]),
    ([(2, 3), (6, 7)], ['哈', '!'], [(2, 3), (6, 7)], [True, True]),            # the other is in characters
    ([(2, 3), (7, 8)], ['哈', '!'], [(1, 2), (6, 7)], [True, True]),            # in units
    ([(2, 3), (7, 8), (6, 7)], ['哈', '!', '!'], [(2, 3), (6, 7), (6, 7)], [False, True, True])])
def test_what_fits_both_ways(spans, strings, expected, clear):
    found = in_characters(spans, strings, '😀哈哈哈哈哈!')
    assert ([span[:2] for span in found], [span.is_clear for span in found]) == (expected, clear)


@pytest.mark.parametrize(('span', 'string', 'expected', 'unit'), [
    ((3, 4), 'c', (3, 4), 'characters'), ((2, 3), 'c', (3, 4), 'characters with CR LF as one'),
    ((2, 5), 'c\n😀', (3, 7), 'characters with CR LF as one'), ((8, 9), 'd', (7, 8), 'UTF-16 units'),
    ((6, 7), 'd', (7, 8), 'UTF-16 units with CR LF as one'), ((5, 6), 'd', (7, 8), 'characters with CR LF as one')])
def test_carriage_returns(span, string, expected, unit):
    assert in_characters([span], [string], 'a\r\nc\r\n😀d') == [(*expected, unit, True)]


def test_an_exact_match_is_better_than_one_but_for_blanks():
    assert in_characters([(2, 4)], [' b'], '😀 b c') == [(1, 3, 'UTF-16 units', True)]


@pytest.mark.skipif(not shutil.which('node'), reason='node is not installed')
def test_javascript_counts_so():
    code = ('const text = JSON.parse(process.argv[1]); '
            'console.log(JSON.stringify([text.length, text.indexOf("cd"), text.indexOf("e")]))')
    out = subprocess.run(['node', '-e', code, json.dumps(TEXT)], capture_output=True, text=True, check=True).stdout
    length, start, last = json.loads(out)
    found = in_characters([(start, start + 2), (last, length)], ['cd', 'e'], TEXT)
    assert [span[:2] for span in found] == [(5, 7), (9, 10)]
