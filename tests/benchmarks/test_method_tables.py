"""The tables against the results."""
import json
import re
import statistics
import sys
from pathlib import Path

import pytest
import yaml

from tests.runs import ROOT

sys.path.insert(0, str(ROOT / 'benchmarks'))
import method_tables  # noqa: E402

MODELS = [(metafile, model) for metafile in method_tables.metafiles()
          for model in yaml.safe_load(metafile.read_text(encoding='utf8'))['Models']]


@pytest.mark.parametrize('metafile, model', MODELS, ids=lambda value: value['Name'] if isinstance(value, dict) else '')
def test_results_metafile_and_tables_agree(metafile, model):
    finds_entities = model['Results'][0]['Task'] == 'Named Entity Recognition'
    keys = ('P', 'R', 'F1') if finds_entities else ('perplexity', 'accuracy', 'nsp')
    file = method_tables.RESULTS / f'{model["Name"]}.json'
    metrics = model['Results'][0].get('Metrics')
    assert file.exists() == (metrics is not None)
    if metrics:
        runs = json.loads(file.read_text(encoding='utf8'))['runs'].values()
        for key in set(keys) & set(metrics):
            assert metrics[key] == pytest.approx(sum(run[key] for run in runs) / len(runs), abs=6e-5)
        assert metrics['seeds'] == len(runs)
        assert {run['precision'] for run in runs} == set(re.findall(r'bfloat16|float32', metrics['precision']))
        assert metrics.get('std') == (None if len(runs) == 1 else pytest.approx(
            statistics.stdev(run[keys[2 if finds_entities else 1]] for run in runs), abs=6e-5))
    rates = metrics or model['Results'][0].get('Published') or {}
    expected = [f'{rates[key]:.{1 if key == "perplexity" else 4}f}' if key in rates else '' for key in keys]
    own, front = metafile.with_name('README.md'), ROOT / 'README.md'
    lines = [(page, line) for page in (own, front) for line in re.findall(
        rf'^\| \[{re.escape(model["Name"])}\].*$', page.read_text(encoding='utf8'), re.M)]
    assert [page for page, _ in lines] in ([own], [own, front])
    for page, line in lines:
        assert [cell.strip().split(' ')[0] for cell in line.split('|')[3:6]] == expected
        assert (page.parent / re.search(r'\]\((.*?)\)', line)[1]).is_file()


def test_the_main_table_has_the_best_of_a_method_on_each_corpus_and_what_is_published():
    models = [(dict(Dataset='a', Metrics=dict(F1=0.5)), 'lower'), (dict(Dataset='a', Metrics=dict(F1=0.6)), 'higher'),
              (dict(Dataset='b', Metrics=dict(F1=0.4)), 'other corpus'), (dict(Dataset='a'), 'not run'),
              (dict(Dataset='a', Published=dict(F1=0.1)), 'published')]
    assert method_tables.best_of_each_corpus(models) == ['higher', 'other corpus', 'published']


def test_metafiles_and_pages_are_what_would_be_written(monkeypatch):
    written = {}
    monkeypatch.setattr(Path, 'write_text', lambda file, text, encoding: written.update({file: text}))
    method_tables.write_tables()
    assert {ROOT / 'README.md', ROOT / 'configs/techniques/README.md'} < set(written)
    for file, text in written.items():
        assert file.read_text(encoding='utf8') == text, file


def test_what_was_chosen_by_stands_on_the_page():
    page = (ROOT / 'configs/techniques/README.md').read_text(encoding='utf8')
    files = list(method_tables.HELD_OUT.glob('*.json'))
    assert files
    for file in files:
        rows = re.findall(rf'^\| {re.escape(file.stem)} \|.*$', page, re.M)
        runs = json.loads(file.read_text(encoding='utf8'))['runs'].values()
        assert [row.split('|')[4].strip() for row in rows] == [f'{run["F1"]:.4f}' for run in runs]


def test_the_page_has_what_five_folds_gave():
    folds = json.loads((ROOT / 'benchmarks/results/cross_validation.json').read_text(encoding='utf8'))['folds']
    f1 = [fold['f1'] for fold in folds]
    page = (ROOT / 'docs/cross_validate.md').read_text(encoding='utf8')
    assert f'F1 {statistics.fmean(f1):.4f} ± {statistics.stdev(f1):.4f} in five folds' in page and len(folds) == 5


def test_steps_are_differences_of_rows():
    page = (ROOT / 'configs/techniques/README.md').read_text(encoding='utf8')
    pages = ''.join(file.with_name('README.md').read_text(encoding='utf8') for file in method_tables.metafiles())
    f1 = {name: float(value) for name, value in re.findall(
        r'^\| \[(\S+)\].*?\| ([\d.]+)(?: ± [\d.]+)? \| \d* \|', pages, re.M)}
    precisions = dict(re.findall(r'^\| \[(\S+)\].*seeds?, (.*?) \|$', pages, re.M))
    lines = re.search('<!-- steps:begin -->(.*)<!-- steps:end -->', page, re.S)[1].strip().split('\n')[2:]
    steps = yaml.safe_load(method_tables.STEPS.read_text(encoding='utf8'))
    expected = [(step, over, names['config'], name) for over, names in steps.items()
                for step, name in names.items() if step != 'config' and {names['config'], name} <= set(f1)]
    assert len(expected) > 20
    for line, (step, over, *names) in zip(lines, expected, strict=True):
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        assert cells[:2] == [step, over]
        without, changed = (f1[name] for name in names)
        assert [float(cell.split()[0]) for cell in cells[2:5]] == pytest.approx([without, changed, changed - without])
        assert set(cells[6].split(', then ')) == {precisions[name] for name in names}


def run_of_seed_42(name: str) -> dict:
    return json.loads((method_tables.RESULTS / name).read_text(encoding='utf8'))['runs']['42']


def test_the_runs_in_both_precisions():
    page = (ROOT / 'configs/techniques/README.md').read_text(encoding='utf8')
    gains = []
    for folder in ('bfloat16', 'float32'):
        for file in (method_tables.RESULTS / folder).iterdir():
            runs = {run['precision']: run['F1'] for run in map(run_of_seed_42, (file, file.name))}
            gains.append(runs['float32'] - runs['bfloat16'])
    sentence = re.search(r'float32 has the higher F1 in (\w+) of (\w+), by (\S+) on average', ' '.join(page.split()))
    numbers = dict(zip(['one', 'two', 'three', 'four', 'five', 'six', 'seven'], range(1, 8), strict=True))
    assert (numbers[sentence[1]], numbers[sentence[2]]) == (sum(gain > 0 for gain in gains), len(gains))
    assert float(sentence[3]) == pytest.approx(sum(gains) / len(gains), abs=5e-5)


def test_the_earlier_run_in_the_other_precision():
    name = 'bfloat16/e5-small_efficient_global_pointer_cluener_6e.json'
    run = run_of_seed_42(name)
    page = (ROOT / 'configs/techniques/README.md').read_text(encoding='utf8')
    assert f'\n[{run["F1"]}](../../benchmarks/results/methods/{name}) in {run["precision"]}' in page
    gains = {step: method_tables.summary(config)['F1'] - run['F1']
             for step, config in yaml.safe_load(method_tables.STEPS.read_text(encoding='utf8'))[
                 'Efficient GlobalPointer'].items()
             if step != 'config' and (method_tables.summary(config) or {}).get('precision') == 'bfloat16'}
    assert [step for step, gain in gains.items() if gain > 0.00015] == ['PGD'] and len(gains) > 5
