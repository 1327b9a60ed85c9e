"""What would be run, with trainings that only log; the table of the page against the results."""
import json
import subprocess
import sys

import pytest

from tests.runs import ROOT

sys.path.insert(0, str(ROOT / 'benchmarks'))
import few_texts  # noqa: E402


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """Those that would run, in a project that is elsewhere."""
    found = []

    def run(command, **_):
        work_dir = command[command.index('--work-dir') + 1]
        log = few_texts.WORK_DIRS / work_dir / 'run/vis_data/scalars.json'
        log.parent.mkdir(parents=True)
        rates = {'step': 6, 'span/precision': 0.25, 'span/recall': 0.75, 'span/f1': 0.375}
        log.write_text(f'{json.dumps(dict(iter=24, time=5))}\n{json.dumps(rates)}\n')
        found.append(command)
        return subprocess.CompletedProcess(command, 0)

    (tmp_path / 'docs').mkdir()
    (tmp_path / 'docs/own_corpus.md').write_text('a\n<!-- few-texts:begin -->\nold\n<!-- few-texts:end -->\nb\n')
    (tmp_path / 'checkpoints/e5-small').mkdir(parents=True)
    (tmp_path / 'train.json').write_text(''.join(f'{{"text": "{number}"}}\n' for number in range(2000)))
    for name, value in dict(ROOT=tmp_path, CLUENER=tmp_path, WORK_DIRS=tmp_path / 'work_dirs',
                            RESULTS=tmp_path / 'few_texts.json', RUNS=[(100, 6), (300, 6)]).items():
        monkeypatch.setattr(few_texts, name, value)
    monkeypatch.setattr('method_tables.ROOT', tmp_path)
    monkeypatch.setattr('methods.subprocess.run', run)
    monkeypatch.setattr(few_texts.machine, 'describe', lambda device: dict(processor=device))
    monkeypatch.setattr(sys, 'argv', ['few_texts.py'])
    return found


def test_a_row_for_each_run(commands, tmp_path):
    (tmp_path / 'few_texts.json').write_text(json.dumps([
        dict(texts=100, epochs=6, P=0.5, R=0.5, F1=0.5, minutes=1.4)]))
    assert few_texts.main() == 0
    (command,) = commands
    work_dir = tmp_path / 'work_dirs/300_6e'
    assert f'train_dataloader.dataset.data_root={work_dir}' in command and 'train_cfg.max_epochs=6' in command
    texts = [json.loads(line)['text'] for line in (work_dir / 'train.json').read_text().splitlines()]
    assert texts == [str(number) for number in range(300)]
    assert (tmp_path / 'docs/own_corpus.md').read_text() == '\n'.join([
        'a', '<!-- few-texts:begin -->', few_texts.HEAD, '| 100 | 6 | 0.5000 | 0.5000 | 0.5000 | 1 |',
        '| 300 | 6 | 0.2500 | 0.7500 | 0.3750 | 2 |', '<!-- few-texts:end -->', 'b', ''])
    assert few_texts.main() == 0 and len(commands) == 1


def test_the_page_has_the_results():
    rows = json.loads(few_texts.RESULTS.read_text(encoding='utf8'))
    page = (ROOT / 'docs/own_corpus.md').read_text(encoding='utf8')
    table = page.split('<!-- few-texts:begin -->\n')[1].split('\n<!-- few-texts:end -->')[0]
    assert table.split('\n') == [*few_texts.HEAD.split('\n'), *few_texts.table_lines(rows)]
    assert [(row['texts'], row['epochs']) for row in rows] == few_texts.RUNS[:len(rows)]
