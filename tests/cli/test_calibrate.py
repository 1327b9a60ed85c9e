import json
import re

import pytest

from mmner.cli.calibrate import main
from mmner.datasets import CLUENERReader, JsonLinesWriter
from tests.runs import ROOT, tool


def line(*entities: tuple) -> str:
    return json.dumps(dict(text='abcdef', entities=[
        dict(label=label, start=start, end=start + 1, **(dict(score=score) if score else {}))
        for label, start, score in entities])) + '\n'


def test_by_hand(tmp_path):
    """Of x 0.95 and 0.85 are right and 0.65 is wrong; of y nothing is right."""
    (tmp_path / 'gold').write_text(line(('x', 0, None), ('x', 1, None), ('x', 2, None), ('y', 3, None)))
    (tmp_path / 'found').write_text(line(('x', 0, 0.95), ('x', 1, 0.85), ('x', 4, 0.65), ('a b', 5, 0.65)))
    done = tool('analysis_tools/calibrate.py', tmp_path / 'gold', tmp_path / 'found', '--target-precision', '0.8')
    assert (done.returncode, done.stderr) == (0, '')
    rows = [[cell.strip() for cell in row.strip('|').split('|')] for row in re.findall(r'^\|.*\|$', done.stdout, re.M)]
    assert rows[2:5] == [['0.6 to 0.7', '2', '0.6500', '0.0000'], ['0.8 to 0.9', '1', '0.8500', '1.0000'],
                         ['0.9 to 1.0', '1', '0.9500', '1.0000']]
    assert f'calibration error: {(2 * 0.65 + 0.15 + 0.05) / 4:.4f}' in done.stdout
    assert rows[7:] == [['a b', '1.0000', '0.0000', '0.0000', '0.0000'], ['x', '0.8500', '1.0000', '0.6667', '0.6667']]
    assert done.stdout.endswith("\n--threshold 'a b=1' x=0.8499995\n")


def test_the_command_of_the_page(shared, tmp_path, monkeypatch, capsys):
    page = (ROOT / 'docs/evaluate.md').read_text(encoding='utf8')
    command, = re.findall('^python tools/analysis_tools/calibrate.py (.*)$', page, re.M)
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data').symlink_to(shared / 'data')
    records = CLUENERReader()('data/cluener/dev.json')
    JsonLinesWriter()((record | dict(entities=[entity._replace(score=0.5) for entity in record['entities']])
                       for record in records), 'predictions.jsonl')
    assert main(command.split()) == 0
    out = capsys.readouterr().out
    assert '| 0.5 to 0.6 |     3072 |     0.5000 |  1.0000 |' in out and 'calibration error: 0.5000' in out


@pytest.mark.parametrize(('entities', 'options', 'reason'), [
    ([('x', 0, None)], [], 'an entity has no score; give what `mmner test --dump`'),
    ([], [], 'no entity was predicted, so there is no score to judge'),
    ([], ['--target-precision', '0'], '--target-precision 0.0: give a number above 0, at most 1')])
def test_mistakes(tmp_path, capsys, entities, options, reason):
    (tmp_path / 'a').write_text(line(*entities))
    assert main([str(tmp_path / 'a'), str(tmp_path / 'a'), *options]) == 1
    assert reason in capsys.readouterr().err
