"""Results of trainings to the metafiles, and the metafiles to the tables of the READMEs."""
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, stdev

import yaml

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / 'benchmarks/results/methods'
HELD_OUT = RESULTS / 'cluener_heldout'      # see methods.py
HELD_OUT_HEAD = '| config | P | R | F1 | best epoch |\n|---|--:|--:|--:|--:|'
STEPS = ROOT / 'configs/techniques/steps.yml'
STEPS_HEAD = '| step | over | F1 without | F1 with | difference | seeds | trained in |\n|---|---|--:|--:|--:|--:|---|'
ENTITIES = 'Named Entity Recognition'
RATES = {ENTITIES: ('P', 'R', 'F1'), 'Masked Language Modeling': ('perplexity', 'accuracy', 'nsp')}


def metafiles() -> list[Path]:
    """One for each method, the baseline first."""
    index = yaml.safe_load((ROOT / 'model-index.yml').read_text(encoding='utf8'))
    return [ROOT / file for file in index['Import']]


def summary(name: str) -> dict | None:
    """Means over the runs of a config, and how far F1 or accuracy spreads; None: it has not been run."""
    file = RESULTS / f'{name}.json'
    if not file.exists():
        return None
    runs = list(json.loads(file.read_text(encoding='utf8'))['runs'].values())
    rates = {key: round(fmean(run[key] for run in runs), 4)
             for keys in RATES.values() for key in keys if key in runs[0]}
    spread = dict(std=round(stdev(run[spreading(rates)] for run in runs), 4)) if len(runs) > 1 else {}
    minutes = fmean(run['minutes'] for run in runs)
    return rates | spread | dict(seeds=len(runs), precision=precisions(runs),
                                 minutes=round(minutes) if minutes >= 1 else round(minutes, 1))


def precisions(runs: list[dict]) -> str:
    """What runs were trained in: the one, or how many in each."""
    counts = Counter(run['precision'] for run in runs).most_common()
    return counts[0][0] if len(counts) == 1 else ' and '.join(f'{count} in {name}' for name, count in counts)


def spreading(rates: dict) -> str:
    """The rate whose deviation over seeds is shown."""
    return 'F1' if 'F1' in rates else 'accuracy'


def write_metrics(metafile: Path) -> None:
    """Put what was measured into the results of a metafile's models, the rest left as it is."""
    text = metafile.read_text(encoding='utf8')
    for model in yaml.safe_load(text)['Models']:
        measured = summary(model['Name'])
        if measured:
            begin = text.index(f'- Name: {model["Name"]}\n')
            result = re.compile(r'- \{Task: .*?, Dataset: [^,}]*').search(text, begin)
            metrics = ', '.join(f'{key}: {value}' for key, value in measured.items())
            line_end = text.index('\n', result.end())
            text = f'{text[:result.end()]}, Metrics: {{{metrics}}}}}{text[line_end:]}'
    metafile.write_text(text, encoding='utf8')


def rows(metafile: Path) -> Iterator[tuple[dict, str]]:
    """The result of each model of a metafile and its line in a table."""
    for model in yaml.safe_load(metafile.read_text(encoding='utf8'))['Models']:
        result = model['Results'][0]
        rates = result.get('Metrics') or result.get('Published') or {}
        shown = [rate_cell(rates, key) for key in RATES[result['Task']]]
        cells = [f'[{model["Name"]}]({model["Config"]})', model['Weights of encoder'], *shown,
                 str(rates.get('minutes', '')), how(result)]
        yield result, f'| {" | ".join(cells)} |'


def how(result: dict) -> str:
    """Where the rates come from."""
    if 'Published' in result:
        return f'published by {result["Published"]["by"]}; not run here'
    if 'Metrics' not in result:
        return 'not measured here'
    seeds, precision = (result['Metrics'][key] for key in ('seeds', 'precision'))
    return f'{result["Dataset"]}, {"one seed" if seeds == 1 else f"mean of {seeds} seeds"}, {precision}'


def held_out_lines() -> Iterator[str]:
    """What was measured on a part of train, to choose settings by."""
    for file in sorted(HELD_OUT.glob('*.json')):
        for run in json.loads(file.read_text(encoding='utf8'))['runs'].values():
            best = max(epoch['F1'] for epoch in run['epochs'] if epoch)
            rates = [run['P'], run['R'], run['F1'], best]
            yield f'| {file.stem} | {" | ".join(f"{rate:.4f}" for rate in rates)} |'


def step_lines() -> Iterator[str]:
    """What each step gave, of those whose two configs have been run."""
    for over, steps in yaml.safe_load(STEPS.read_text(encoding='utf8')).items():
        without = summary(steps.pop('config'))
        for step, name in steps.items():
            changed = summary(name)
            if without and changed:
                cells = [step, over, *(rate_cell(rates, 'F1') for rates in (without, changed)),
                         f'{changed["F1"] - without["F1"]:+.4f}', f'{without["seeds"]}, {changed["seeds"]}',
                         ', then '.join(dict.fromkeys([without['precision'], changed['precision']]))]
                yield f'| {" | ".join(cells)} |'


def rate_cell(rates: dict, key: str) -> str:
    """A rate, with its deviation if that is known; empty if it was not measured."""
    if key not in rates:
        return ''
    spread = f' ± {rates["std"]:.4f}' if 'std' in rates and key == spreading(rates) else ''
    return f'{rates[key]:.{1 if key == "perplexity" else 4}f}{spread}'


def head(task: str) -> str:
    """Of a table of models."""
    keys = RATES[task]
    return f'| config | encoder | {" | ".join(keys)} | minutes | how |\n|---|---|{"--:|" * len(keys)}--:|---|'


def write_table(page: Path, lines: list[str], head: str, mark: str = 'results') -> None:
    """Put a table between the two marks of a page, with links as they are from there."""
    begin, end = f'<!-- {mark}:begin -->', f'<!-- {mark}:end -->'
    before, rest = page.read_text(encoding='utf8').split(begin)
    after = rest.split(end)[1]
    folder = f'{page.parent.relative_to(ROOT)}/'
    table = '\n'.join([head, *(line.replace(f']({folder}', '](') for line in lines)])
    page.write_text(f'{before}{begin}\n{table}\n{end}{after}', encoding='utf8')


def best_of_each_corpus(models: list[tuple[dict, str]]) -> list[str]:
    """The lines of a method's models with the highest F1 on each corpus, and of those that others published."""
    best = {}
    for result, line in models:
        f1 = result.get('Metrics', {}).get('F1', -1)
        if f1 > best.get(result['Dataset'], (-1, ''))[0]:
            best[result['Dataset']] = f1, line
    kept = {line for _, line in best.values()}
    return [line for result, line in models if line in kept or 'Published' in result]


def write_tables() -> None:
    """All models in the README beside their metafile, the best of those that find entities in the main one."""
    best = []
    for metafile in metafiles():
        write_metrics(metafile)
        own = list(rows(metafile))
        (task,) = {result['Task'] for result, _ in own}
        write_table(metafile.with_name('README.md'), [line for _, line in own], head(task))
        if task == ENTITIES:
            best += best_of_each_corpus(own)
    write_table(ROOT / 'README.md', best, head(ENTITIES))
    page = ROOT / 'configs/techniques/README.md'
    write_table(page, list(held_out_lines()), HELD_OUT_HEAD, 'held-out')
    write_table(page, list(step_lines()), STEPS_HEAD, 'steps')
