import json
import re

from mmner.cli.find_errors import main
from mmner.datasets import CLUENERReader, JsonLinesWriter
from tests.runs import ROOT, tool

TEXT = '王伟在北京大学读书'
TRAIN = dict(text='王伟在北京', entities=[dict(label='name', start=0, end=2), dict(label='place', start=3, end=5)])
GOLD = dict(text=TEXT, entities=[dict(label='name', start=0, end=2), dict(label='school', start=3, end=7)])
FOUND = dict(text=TEXT, entities=[dict(label='place', start=0, end=2), dict(label='school', start=5, end=7),
                                  dict(label='place', start=3, end=5)])


def tables(out: str) -> dict[str, dict[str, list[str]]]:
    """First cell of the header to first cells of the rows to what follows."""
    found = {}
    for block in re.findall(r'(?:^\|.*\|\n)+', out, re.M):
        header, _, *rows = [[cell.strip() for cell in line.strip('|').split('|')] for line in block.splitlines()]
        found[header[0]] = {name: cells for name, *cells in rows} | {'': header[1:]}
    return found


def test_by_hand(tmp_path):
    for name, line in (('gold', GOLD), ('found', FOUND), ('train', TRAIN)):
        (tmp_path / name).write_text(json.dumps(line) + '\n')
    done = tool('analysis_tools/find_errors.py', tmp_path / 'gold', tmp_path / 'found', '--train', tmp_path / 'train')
    assert (done.returncode, done.stderr) == (0, '')
    found = tables(done.stdout + '\n')
    assert {kind: count for kind, (count,) in found['kind'].items()} == {
        '': 'entities', 'correct': '0', 'boundary': '1', 'type': '1', 'boundary and type': '0', 'missed': '0',
        'spurious': '1'}
    assert found['gold'] == {'': ['name', 'place', 'school', 'none'], 'name': ['0', '1', '0', '0'],
                             'place': ['0'] * 4, 'school': ['0', '0', '1', '0'], 'none': ['0', '1', '0', '0']}
    zero = ['0.0000'] * 3
    assert found['characters of the entity'] == {
        '': ['P', 'R', 'F1', 'correct', 'predicted', 'gold'], '2': [*zero, '0', '3', '1'], '4': [*zero, '0', '0', '1']}
    del found['characters of the text'][''], found['in training']['']
    assert found['characters of the text'] == {'0 to 19': [*zero, '0', '3', '2']}
    assert found['in training'] == {'seen': [*zero, '0', '1', '1'], 'seen with another label': [*zero, '0', '1', '0'],
                                    'unseen': [*zero, '0', '1', '1']}


def test_what_was_repaired_in_the_training_file_is_told(tmp_path, capsys):
    train = dict(text='王伟', label=dict(name={'王伟': [[0, 1]]}))
    for name, line in (('gold', GOLD), ('found', FOUND), ('train', train)):
        (tmp_path / name).write_text(json.dumps(line) + '\n')
    assert main([*(str(tmp_path / name) for name in ('gold', 'found')), '--train', str(tmp_path / 'train')]) == 0
    assert '1 x line without "entities"' in capsys.readouterr().out


def test_the_command_of_the_page(shared, tmp_path, monkeypatch, capsys):
    page = (ROOT / 'docs/evaluate.md').read_text(encoding='utf8')
    command, = re.findall('^python tools/analysis_tools/find_errors.py (.*)$', page, re.M)
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data').symlink_to(shared / 'data')
    JsonLinesWriter()(CLUENERReader()('data/cluener/dev.json'), 'predictions.jsonl')
    assert main(command.split()) == 0
    found = tables(capsys.readouterr().out)
    assert [row[-1] for row in found['in training'].values()] == ['1908', '51', '1113', 'gold']
    assert found['kind']['correct'] == ['3072']
