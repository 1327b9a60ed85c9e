"""The load test, small; its results against the page that quotes them."""
import json
import re

import pytest

from tests.runs import ROOT, forked, run_script


def test_every_answer_is_checked(small_model, tmp_path):
    pytest.importorskip('uvicorn')
    out = tmp_path / 'load.json'
    done = forked(run_script, 'benchmarks/load.py', str(small_model), '--requests', '300', '--one-by-one', '50',
                  '--out', str(out))
    assert done.returncode == 0, done.stderr
    rows = {row['name']: row for row in json.loads(out.read_text())['rows']}
    assert len(rows) == 4
    for name, row in rows.items():
        assert (row['lost'], row['wrong'], row['ready_after'], row['exit_status']) == (0, 0, 200, 0), name
        assert sum(row['statuses'].values()) == row['requests']
    assert rows['all at once']['statuses'] == {'200': 300}
    refused = rows['all at once, small queue']['statuses']
    assert refused['200'] >= 100 and refused['429'] >= 1, 'how many depends on how fast they come'


def test_the_page_quotes_the_results():
    page = (ROOT / 'docs/serve.md').read_text(encoding='utf8')
    results = [json.loads((ROOT / f'benchmarks/results/{name}.json').read_text()) for name in (
        'load', 'load_e5-small')]
    for result in results:
        assert f'{result["speedup"]} times' in page
    for rows in zip(*(result['rows'] for result in results), strict=True):
        (line,) = re.findall(rf'^\| {rows[0]["name"]} \|(.*)\|$', page, re.M)
        assert [int(cell) for cell in line.split('|')] == [
            figure for row in rows for figure in (
                round(row['answers_per_second']), round(row['milliseconds']['median']), row['memory_mib']['highest'])]
        assert all(row['lost'] == row['wrong'] == row['exit_status'] == 0 for row in rows)
