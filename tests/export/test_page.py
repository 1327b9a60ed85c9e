"""docs/export.md against what was printed."""
from tests.runs import ROOT


def test_the_page_quotes_what_was_printed():
    printed = (ROOT / 'benchmarks/results/export.txt').read_text(encoding='utf8')
    quoted, _, end = printed.rpartition('written to ')
    assert end and f'```\n{quoted}```\n' in (ROOT / 'docs/export.md').read_text(encoding='utf8')
