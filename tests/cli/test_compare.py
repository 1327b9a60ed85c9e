import json
import re
import shutil
from random import Random

import pytest

from mmner.cli.annotation_files import Pairs
from mmner.cli.compare import comparison, main
from mmner.datasets import CLUENERReader, JsonLinesWriter
from mmner.evaluation import strict_counts, total
from mmner.structures import Entity
from tests.runs import ROOT, tool


@pytest.fixture(scope='module')
def gold(shared) -> list[dict]:
    return list(CLUENERReader()(shared / 'data/cluener/dev.json'))


@pytest.fixture
def predicted(gold, tmp_path):
    """Writes predictions that find each entity with a probability; the file and the F1."""
    def run(name: str, rate: float) -> tuple[str, float]:
        random = Random(name)
        records = [record | dict(entities=[entity for entity in record['entities'] if random.random() < rate])
                   for record in gold]
        JsonLinesWriter()(records, tmp_path / name)
        counts = strict_counts(*([record['entities'] for record in column] for column in (gold, records)))
        return str(tmp_path / name), total(counts).f1
    return run


def rows(out: str) -> dict[str, list[str]]:
    lines = ([cell.strip() for cell in line.strip('|').split('|')] for line in re.findall(r'^\|.*\|$', out, re.M))
    return {name: cells for name, *cells in lines}


def test_the_command(shared, predicted, tmp_path):
    (first, ours), (second, theirs) = predicted('a', 0.6), predicted('b', 0.7)
    done = tool('analysis_tools/compare.py', shared / 'data/cluener/dev.json', first, second, '--gold-format',
                'cluener', '--changes', tmp_path / 'changes.jsonl', '--resamples', '500')
    assert (done.returncode, done.stderr) == (0, '')
    table = rows(done.stdout)
    f1_a, f1_b, difference, interval, p_value = table['all']
    assert [f1_a, f1_b, difference] == [f'{ours:.4f}', f'{theirs:.4f}', f'{theirs - ours:+.4f}']
    low, high = map(float, interval.split(' to '))
    assert 0 < low < theirs - ours < high and float(p_value) < 0.01
    assert len(table) == 13 and table['scene'][4] != p_value, 'a header, its line, all and ten categories'
    changes = [json.loads(line) for line in (tmp_path / 'changes.jsonl').read_text(encoding='utf8').splitlines()]
    assert f'{len(changes)} of 1343 sentences differ; they are in {tmp_path}/changes.jsonl' in done.stdout
    assert changes and all(change['a'] != change['b'] for change in changes)


def test_several_trainings(shared, predicted, capsys):
    files, values = zip(*(predicted(str(seed), 0.6) for seed in range(3)), strict=True)
    better, f1 = predicted('b', 0.9)
    assert main([str(shared / 'data/cluener/dev.json'), ','.join(files), better, '--gold-format', 'cluener',
                 '--resamples', '100']) == 0
    mean = sum(values) / 3
    deviation = (sum((value - mean) ** 2 for value in values) / 2) ** 0.5
    first, second, difference, *_ = rows(capsys.readouterr().out)['all']
    assert (first, second) == (f'{mean:.4f} ± {deviation:.4f}', f'{f1:.4f}')
    assert float(difference) == pytest.approx(f1 - mean, abs=1e-4)


def test_a_category_called_all_has_its_own_row():
    gold = [[Entity('all', 0, 1), Entity('b', 1, 2)]]
    first, second = (Pairs(['xy'], gold, [found]) for found in (gold[0][:1], gold[0][1:]))
    assert [row[:3] for row in comparison([first], [second], 10).rows] == [
        ('all', '0.6667', '0.6667'), ('all', '1.0000', '0.0000'), ('b', '0.0000', '1.0000')]


def test_mistakes(predicted, tmp_path, capsys):
    file, _ = predicted('a', 0.6)
    for arguments, reason in ((['--resamples', '0'], '--resamples 0: give 1 or more'),
                              (['--changes', f'{file}/b'], f'--changes {file}/b: File exists; give another file'),
                              (['--changes', file], f'{file}: is read by this command; give another name')):
        assert main([file, file, file, *arguments]) == 1
        assert reason in capsys.readouterr().err
    shutil.copy(file, f'{tmp_path}/c,d')
    assert main([file, f'{tmp_path}/c,d', file, '--resamples', '10']) == 0
    assert main([file, file, f'absent,{tmp_path}/b', '--changes', predicted('b', 0.6)[0]]) == 1
    assert '/b: is read by this command' in capsys.readouterr().err
    assert main([file, file, str(tmp_path / 'absent')]) == 1
    assert 'absent: No such file' in capsys.readouterr().err


def test_the_command_of_the_page(shared, gold, tmp_path, monkeypatch, capsys):
    page = (ROOT / 'docs/evaluate.md').read_text(encoding='utf8')
    assert (ROOT / 'benchmarks/results/compare.md').read_text(encoding='utf8') in page
    command, = re.findall('^python tools/analysis_tools/compare.py (.*)$', page, re.M)
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'data').symlink_to(shared / 'data')
    for name in ('A.jsonl', 'B.jsonl'):
        JsonLinesWriter()(gold, name)
    assert main(command.split()) == 0
    assert rows(capsys.readouterr().out)['all'] == ['1.0000', '1.0000', '+0.0000', '+0.0000 to +0.0000', '1.0000']
