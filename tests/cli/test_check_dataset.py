import json
import re

import pytest

from mmner.cli.check_dataset import main
from tests.runs import ROOT


def commands() -> list[list[str]]:
    page = (ROOT / 'docs/formats.md').read_text(encoding='utf8')
    return [line.split() for line in re.findall('^python tools/analysis_tools/check_dataset.py (.*)$', page, re.M)]


def test_cluener(shared, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data').symlink_to(shared / 'data')
    assert main(commands()[0]) == 0
    out = capsys.readouterr().out
    assert re.search(r'^\| data/cluener/train.json \| 10748 \| +0 \| +23972 \| +41, 49, 50 \| +3, 11, 44 \|', out, re.M)
    assert re.search(r'^\| scene +\| +1521 \(6\.3%\) \| +209 \(6\.8%\) \|$', out, re.M)
    assert "2 x entity within another, e.g. data/cluener/train.json:1507: book '《招商银行：投资" in out
    assert "479 x string with several labels, e.g. '《红楼梦》' (book 17, game 21);" in out


@pytest.mark.parametrize('config', [ROOT / commands()[1][0], 'bert-tiny_softmax_sample_5e'])
def test_a_config_and_its_name(config, tmp_path, monkeypatch, capsys):
    """Of the sample corpus, in which nothing is wrong but what is meant to be ambiguous."""
    monkeypatch.chdir(tmp_path)
    assert main([str(config)]) == 0
    out, err = capsys.readouterr()
    three = r' +\d+, \d+, \d+ \|'
    assert re.search(rf'train\.json \| +\d+ \| +\d+ \| +\d+ \|{three}{three}{three}', out)
    assert err == '' and 'does not know' not in out


def test_what_was_repaired_and_found_is_shown(tmp_path, capsys):
    file = tmp_path / 'a.jsonl'
    line = json.dumps(dict(text='a b', entities=[dict(label='x', start=0, end=1)])) + '\n'
    file.write_text('{"text": "a b"}\n' + line)
    assert main([str(file), '--show', '1']) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        f'{file}: 1 x line without "entities" (a text without gold), e.g. {file}:1',
        f"1 x text that is in the file already, with other entities, e.g. {file}:2 and {file}:1: 'a b'"]
    file.write_text('{"text": "a"}\n')
    assert main([str(file), '--show', '0']) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        '', f'{file}: 1 x line without "entities" (a text without gold)']
    file.write_text(line)
    assert main([str(file)]) == 0 and capsys.readouterr().out.endswith('\nNothing was found.\n')


def test_labels_that_look_the_same(tmp_path, capsys):
    file = tmp_path / 'a.jsonl'
    file.write_text(''.join(json.dumps(dict(text='a', entities=[dict(label=label, start=0, end=1)])) + '\n'
                            for label in ('A', 'A ', 'A\u200b', 'A')))
    assert main([str(file)]) == 0
    out = capsys.readouterr().out
    assert re.findall(r'^\| (\S.*?) +\| +(\d)', out, re.M)[1:] == [('A', '2'), ("'A '", '1'), (r"'A\u200b'", '1')]
    assert "2 x entity whose label has a blank at its edge or an invisible character, e.g. " in out
    assert r"1 x string with several labels, e.g. 'a' (A 2, 'A ' 1, 'A\u200b' 1)" in out


@pytest.mark.parametrize(('arguments', 'reason'), [
    (['a.py', 'b.py'], 'a.py: a config is given alone'), (['absent.py'], 'absent.py: no such config'),
    (['absent.jsonl'], 'absent.jsonl: No such file'),
    (['bert-tiny_softmax_sample_5e', '--format', 'conll'], 'names the readers of its files; leave out --format and'),
    (['a', '--format', 'conll', '--options', 'b=1'], "no option 'b'")])
def test_mistakes(arguments, reason, capsys):
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert reason in error and error.count('\n') == 1
