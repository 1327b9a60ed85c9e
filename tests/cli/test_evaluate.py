import json
import re
from pathlib import Path

import pytest

from mmner.cli import convert
from mmner.cli.evaluate import main
from mmner.datasets import CLUENERReader, JsonLinesWriter
from tests.runs import ROOT, tool

GOLD = [dict(text='王伟在北京', entities=[dict(label='name', start=0, end=2), dict(label='place', start=3, end=5)]),
        dict(text='北京', entities=[])]
FOUND = [dict(text='王伟在北京', entities=[dict(label='name', start=0, end=2), dict(label='place', start=4, end=5)]),
         dict(text='北京', entities=[dict(label='place', start=0, end=2)])]


@pytest.fixture
def evaluate(tmp_path, capsys):
    """Evaluates lines given as JSON values; the status and what was printed."""
    def run(gold, found, *options) -> tuple[int, str]:
        for name, lines in (('gold', gold), ('found', found)):
            (tmp_path / name).write_text(''.join(json.dumps(line) + '\n' for line in lines))
        capsys.readouterr()
        status = main([str(tmp_path / 'gold'), str(tmp_path / 'found'), *map(str, options)])
        captured = capsys.readouterr()
        return status, captured.err if status else captured.out
    return run


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip('|').split('|')]


def test_what_is_given_twice_is_told(evaluate, tmp_path):
    doubled = [FOUND[0], FOUND[1] | dict(entities=2 * FOUND[1]['entities'])]
    status, out = evaluate(GOLD, doubled)
    assert status == 0 and f"{tmp_path}/found: 1 x entity given twice, e.g. {tmp_path}/found:2: place '北京'\n" in out
    assert 'given twice' not in evaluate(GOLD, FOUND)[1]


def test_by_hand(evaluate, tmp_path):
    status, out = evaluate(GOLD, FOUND, '--json', tmp_path / 'scores.json')
    rows = {row[0]: row[1:] for row in map(cells, re.findall(r'^\|.*\|$', out, re.M))}
    assert status == 0
    assert rows['name'] == ['1.0000', '1.0000', '1.0000', '1', '1', '1']
    assert rows['place'] == ['0.0000', '0.0000', '0.0000', '0', '2', '1']
    assert rows['micro'] == rows['MMOCR, micro'] == ['0.3333', '0.5000', '0.4000', '1', '3', '2']
    assert rows['macro'] == rows['CLUENER, macro of strings'] == ['0.5000', '0.5000', '0.5000', '', '', '']
    assert rows['strict'] == rows['exact'] == ['0.3333', '0.5000', '0.4000', '1', '1', '0', '0', '1']
    assert rows['partial'] == ['0.5000', '0.7500', '0.6000', '1', '0', '1', '0', '1']
    assert rows['type'] == ['0.6667', '1.0000', '0.8000', '2', '0', '0', '0', '1']
    scores = json.loads((tmp_path / 'scores.json').read_text())
    assert scores['average']['micro'] == dict(precision=1 / 3, recall=0.5, f1=0.4, correct=1, predicted=3, gold=2)


def test_two_formats(shared, tmp_path):
    """CLUENER's dev set against itself, in columns of tags, which hold all but two of its entities."""
    gold, found = shared / 'data/cluener/dev.json', tmp_path / 'dev.conll'
    assert convert.main([str(gold), str(found), '--from', 'cluener', '--to', 'conll']) == 0
    done = tool('analysis_tools/evaluate.py', gold, found, '--gold-format', 'cluener', '--pred-format', 'conll',
                '--pred-options', r'separator=\t', 'scheme=BIO')
    assert (done.returncode, done.stderr) == (0, '')
    assert cells(re.search(r'^\| micro.*$', done.stdout, re.M)[0])[1:] == [
        '1.0000', '1.0000', '1.0000', '3072', '3072', '3072']


def test_the_command_of_the_page(shared, tmp_path, monkeypatch, capsys):
    page = (ROOT / 'docs/evaluate.md').read_text(encoding='utf8')
    command, = re.findall('^python tools/analysis_tools/evaluate.py (.*)$', page, re.M)
    monkeypatch.chdir(tmp_path)
    Path('data').symlink_to(shared / 'data')
    JsonLinesWriter()(CLUENERReader()('data/cluener/dev.json'), 'predictions.jsonl')
    assert main(command.split()) == 0 and '| 3072 |' in capsys.readouterr().out


@pytest.mark.parametrize(('found', 'reason'), [
    (FOUND[:1], r'found: ends after 1 texts, .*gold goes on; give files of the same texts'),
    (FOUND + FOUND[:1], r'gold: ends after 2 texts, .*found goes on'),
    (FOUND[::-1], r"found:1: the text is not that of .*gold:1: around character 0 '\\u5317\\u4eac', there '\\u738b"),
    ([dict(FOUND[0], text='王伟在\xa0京'), FOUND[1]], r"around character 3 '.*u5728\\xa0\\u4eac', there '.*u5317")])
def test_files_of_other_texts_are_refused(evaluate, found, reason):
    status, error = evaluate(GOLD, found)
    assert status == 1 and re.search(reason, error) and error.count('\n') == 1


def test_what_a_reader_repairs_is_shown(evaluate):
    status, out = evaluate([dict(text='a')], [dict(text='a', entities=[])])
    assert status == 0 and '/gold: 1 x line without "entities" (a text without gold)' in out


def test_a_file_that_cannot_be_written(evaluate, tmp_path):
    (tmp_path / 'file').touch()
    status, error = evaluate(GOLD, FOUND, '--json', tmp_path / 'file/scores.json')
    assert status == 1 and '/file/scores.json: File exists; give another file' in error
    for name in ('gold', 'found'):
        assert evaluate(GOLD, FOUND, '--json', tmp_path / name) == (
            1, f'error: {tmp_path}/{name}: is read by this command; give another name\n')
        assert (tmp_path / name).read_text().startswith('{"text"')
