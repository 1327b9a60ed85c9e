import pytest

from mmner.utils import InputError, Report


def test_counts_all_and_keeps_the_first_places():
    report = Report(keep=2)
    for line in (3, 5, 8):
        report.add('overlap', f'a.json:{line}')
    report.add('text cut', 'b.json:1')
    assert report.counts == {'overlap': 3, 'text cut': 1}
    assert report.lines() == ['3 x overlap, e.g. a.json:3; a.json:5', '1 x text cut, e.g. b.json:1']


def test_nothing_found():
    assert Report().lines() == []


def test_counts_anew_as_it_was_told_to():
    report = Report(keep=1)
    for _ in range(2):
        report.clear()
        for line in (3, 5):
            report.add('overlap', f'a.json:{line}')
    assert report.lines() == ['2 x overlap, e.g. a.json:3']


def test_what_is_taken_is_told_once():
    report = Report()
    report.add('overlap', 'a.json:3')
    assert report.take() == ['1 x overlap, e.g. a.json:3']
    report.add('text cut', 'b.json:1')
    assert report.take() == ['1 x text cut, e.g. b.json:1'] and report.lines() == []


def test_strict_refuses_the_first_finding():
    report = Report(strict=True)
    with pytest.raises(InputError) as caught:
        report.add('overlap', 'a.json:3')
    assert str(caught.value) == 'a.json:3: overlap; correct the file, or leave out --strict (in Python: strict=True)'
    assert report.counts == {}
