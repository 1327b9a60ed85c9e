import csv
import json
import re
import shutil
from argparse import Namespace

import pytest

from mmner.cli import cross_validate, find_label_errors, progress
from mmner.cli.find_label_errors import Finding, cells, in_words, main, write
from mmner.evaluation.functional.label_errors import Contradiction
from mmner.structures import Entity
from tests.runs import forked_command, tool, write_config
from tests.terminals import terminal_as_stderr


@pytest.fixture(scope='module')
def folds(tmp_path_factory):
    """A cross-validation on texts that are all alike but for the name, five of which are annotated wrongly.

    Its work dir still has a config of one with more folds, which was stopped before it trained any.
    """
    folder = tmp_path_factory.mktemp('folds')
    config = write_config(folder, train_cfg='dict(max_epochs=12, val_interval=12)', param_scheduler='[]',
                          optim_wrapper='dict(optimizer=dict(lr=5e-3))',
                          custom_hooks="[dict(type='EMAHook', momentum=0.2)]")
    names = [f'{family}{given}' for family in '王李张刘陈杨' for given in '伟芳娜敏静强磊军洋勇']
    lines = [dict(text=f'{name}在北京大学读书', label=dict(name={name: [[0, 1]]}, organization={'北京大学': [[3, 6]]}))
             for name in names]
    for place in (3, 17, 31):
        lines[place]['label']['book'] = lines[place]['label'].pop('organization')
    del lines[40]['label']['name']
    lines[52]['label']['organization'] = {'北京': [[3, 4]]}
    (folder / 'train.json').write_text(''.join(json.dumps(line) + '\n' for line in lines))
    (folder / 'run').mkdir()
    shutil.copy(config, folder / 'run/fold2.py')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cross_validate.subprocess, 'run', lambda command: forked_command(*command[3:]))
        assert cross_validate.main([str(config), '--folds', '2', '--work-dir', str(folder / 'run')]) == 0
    return folder


def test_planted_errors_come_first(folds, tmp_path):
    done = tool('analysis_tools/find_label_errors.py', folds / 'run', '--first', 2, '--csv', tmp_path / 'a.csv',
                '--html', tmp_path / 'a.html')
    assert done.returncode == 0, done.stderr
    with open(tmp_path / 'a.csv', encoding='utf-8-sig', newline='') as file:
        rows = list(csv.DictReader(file))
    first = {(int(row['where'].rpartition(':')[2]) - 1, row['kind'], row['annotated'], row['annotated text'],
              row['found'], row['found text']) for row in rows[:5]}
    assert first == {*((place, 'type', 'book', '北京大学', 'organization', '北京大学') for place in (3, 17, 31)),
                     (40, 'spurious', '', '', 'name', '陈伟'),
                     (52, 'boundary', 'organization', '北京', 'organization', '北京大学')}
    suspicions = [float(row['suspicion']) for row in rows]
    assert suspicions == sorted(suspicions, reverse=True) and suspicions[0] > 0.9
    shown, again, last = done.stdout.splitlines()
    assert last == f'{len(rows)} contradictions' and shown.startswith(rows[0]['suspicion'])
    assert again.startswith(f'{rows[1]["suspicion"]}  {rows[1]["where"]}: ')
    page = (tmp_path / 'a.html').read_text(encoding='utf8')
    assert page.count('<li>') == len({row['where'] for row in rows}) and '陈伟' in page


def test_the_files_by_hand(tmp_path):
    """A carriage return in a text ends no row, a long text is there once, and a gap between stretches is not shown."""
    text = 'a\rb' + 'c' * 100 + 'd'
    apart = Entity('x', 0, 3, 0.25, ((0, 1), (2, 3)))
    found = [Finding(Contradiction(0.9, 'boundary', apart, Entity('x', 0, 2, 0.9)), 'train:1', text),
             Finding(Contradiction(0.8, 'spurious', None, Entity('y', 0, 1, 0.8)), 'train:2', 'e'),
             Finding(Contradiction(0.7, 'missed', Entity('z', 103, 104), None), 'train:1', text)]
    write(found, Namespace(csv=tmp_path / 'a.csv', html=tmp_path / 'a.html'))
    with open(tmp_path / 'a.csv', encoding='utf8', newline='') as file:
        assert file.read(1) == '\ufeff', 'by which Excel knows UTF-8'
        header, *rows = csv.reader(file)
    assert rows == [
        ['0.9000', 'train:1', 'boundary', 'x', 'a … b', '0.2500', 'x', 'a\r', '0.9000', 'a\rb' + 'c' * 40],
        ['0.8000', 'train:2', 'spurious', '', '', '', 'y', 'e', '0.8000', 'e'],
        ['0.7000', 'train:1', 'missed', 'z', 'd', '', '', '', '', 'c' * 40 + 'd']]
    first, second = re.findall('<li>(.*)</li>', (tmp_path / 'a.html').read_text(encoding='utf8'))
    assert first.count('c' * 100) == 1 and 'missed z' in first and 'spurious x' in first and 'spurious y' in second
    assert in_words(found[0]) == r"boundary: annotated x 'a … b', found x 'a\r'"
    assert in_words(Finding(Contradiction(0.9, 'missed', Entity('y\n', 0, 1), None), 'train:1', 'a')) == (
        r"missed: annotated 'y\n' 'a'")


def test_no_cell_is_a_formula():
    finding = Finding(Contradiction(0.9, 'type', Entity('-x', 0, 2), Entity('@', 0, 2, 0.9)), 'train:1', '=1+1')
    assert cells(finding) == ['0.9000', 'train:1', 'type', "'-x", "'=1", '', "'@", "'=1", '0.9000', "'=1+1"]


def test_a_bar_for_each_fold(folds, monkeypatch):
    monkeypatch.setattr(progress, 'PATIENCE', 0)
    monkeypatch.setattr(progress, 'PAUSE', 0)
    with terminal_as_stderr(monkeypatch) as shown:
        assert main([str(folds / 'run')]) == 0
    assert '30 texts' in shown() and shown().count('\x1b[?25l') == 2, 'each hides the cursor once'


def test_a_training_file_that_has_changed_is_refused(folds, tmp_path, capsys):
    copy = shutil.copytree(folds, tmp_path / 'copy')
    for file in copy.glob('run/fold?.py'):
        file.write_text(file.read_text().replace(str(folds), str(copy)))
    train = copy / 'train.json'
    train.write_text(''.join(train.read_text().splitlines(keepends=True)[1:]))
    assert main([str(copy / 'run')]) == 1
    assert capsys.readouterr().err == (
        f'error: {train}: has changed since the cross-validation; run `mmner cross_validate` again\n')


def test_a_work_dir_without_a_cross_validation(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert 'holds no finished cross-validation; run `mmner cross_validate CONFIG`' in capsys.readouterr().err


@pytest.mark.parametrize(('option', 'name', 'reason'), [
    ('--html', 'a.csv', '--html {}: --csv writes there, too; give another file'),
    ('--csv', 'train.json/a.csv', '--csv {}: File exists; give another file'),
    ('--html', 'train.json/a/b.html', '--html {}: Not a directory; give another file'),
    *((option, name, '{}: is read by this command; give another name')
      for option, name in (('--csv', 'train.json'), ('--html', 'fold0.py'), ('--html', 'cross_validation.json')))])
def test_what_cannot_be_written_is_refused_before_the_work(tmp_path, monkeypatch, capsys, option, name, reason):
    write_config(tmp_path).rename(tmp_path / 'fold0.py')
    (tmp_path / 'cross_validation.json').write_text('{"num_folds": 2}')
    monkeypatch.setattr(find_label_errors, 'of_fold', lambda file: pytest.fail('begun in vain'))
    assert main([str(tmp_path), '--csv', str(tmp_path / 'a.csv'), option, str(tmp_path / name)]) == 1
    assert capsys.readouterr().err == f'error: {reason.format(tmp_path / name)}\n'
