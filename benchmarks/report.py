"""The README's table and the plots from what `benchmarks/speed.py` and `benchmarks/growth.py` measured.

    python benchmarks/report.py
"""
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / 'benchmarks/results'
README = ROOT / 'README.md'
BEGIN, END = '<!-- speed:begin -->', '<!-- speed:end -->'
HEAD = ('| {kind} | sentences/s | useful GFLOP/s | of the matrix rate | mmner is | memory, MiB |\n'
        '|---|--:|--:|--:|--:|--:|')

PLACES = dict(sentences='sentences in the corpus', length='tokens in a sentence, 4096 in the batch')
GROWTH_PANELS = (       # of which measurements, against what, in which unit, and which of their values
    ('corpus', 'sentences', 'seconds', dict(
        prepare_seconds='prepare', reopen_seconds='open again', walk_seconds='walk through')),
    ('length', 'length', 'seconds', dict(test_seconds='testing', training_step_seconds='training step')),
    ('corpus', 'sentences', 'MiB', dict(
        memory_after_preparing_mib='after preparing', memory_of_training_mib='training (tiny model)')),
    ('length', 'length', 'MiB', dict(
        memory_of_testing_mib='after testing', memory_of_training_mib='after training')))


def read_results(folder: Path = RESULTS) -> list[dict]:
    """What was measured on BERT-base, one dict for training and one for inference of each device."""
    return [dict(content, kind=kind) for file in sorted(folder.glob('speed_*.json'))
            for kind, content in json.loads(file.read_text(encoding='utf8')).items() if content['size'] == 'base']


def table(results: list[dict]) -> str:
    """The results in Markdown."""
    return '\n\n'.join('\n'.join([caption(result), '', HEAD.format(kind=result['kind']),
                                  *(line(row) for row in result['contestants']),
                                  *(f'\nNot measured: {skipped["name"]} ({skipped["reason"]}).'
                                    for skipped in result['skipped'])]) for result in results)


def caption(result: dict) -> str:
    """On what, with what and when."""
    rates = ' and '.join(f'{rate:.0f} GFLOP/s in {name}' for name, rate in result['matmul_gflops'].items())
    versions = ', '.join(f'{name} {version}' for name, version in result['versions'].items() if version)
    return (f'{result["kind"].capitalize()} on {result["processor"]}, {result["threads"]} threads, median of '
            f'{result["rounds"]} rounds; matrix products reach {rates}. {versions}; commit {result["commit"]}, '
            f'{result["date"]}.')


def line(row: dict) -> str:
    name = f'**{row["name"]}**' if row['name'].startswith('mmner') else row['name']
    memory = '–' if row['peak_mib'] is None else row['peak_mib']
    return (f'| {name} | {row["sentences_per_second"]:.1f} | {row["useful_gflops"]:.0f} | '
            f'{row["share_of_matmul"]["bfloat16"]:.0%} | {row["mmner_is_faster"]:.2f} × | {memory} |')


def write_table(readme: Path, results: list[dict]) -> None:
    """Put the table between the two marks."""
    before, rest = readme.read_text(encoding='utf8').split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f'{before}{BEGIN}\n{table(results)}\n{END}{after}', encoding='utf8')


def plots():
    """matplotlib's pyplot, drawing the same file from the same input."""
    import matplotlib
    matplotlib.use('Agg')
    matplotlib.rcParams.update({'svg.hashsalt': 'mmner', 'font.size': 9, 'axes.spines.top': False,
                                'axes.spines.right': False})
    from matplotlib import pyplot
    return pyplot


def draw_growth(growth: dict, file: Path) -> None:
    """Time and memory against the size of the corpus and the length of sentences."""
    figure, panels = plots().subplots(2, 2, figsize=(9, 6))
    for panel, (kind, place, unit, names) in zip(panels.flat, GROWTH_PANELS, strict=True):
        places = [point[place] for point in growth[kind]]
        for key, name in names.items():
            panel.plot(places, [point[key] for point in growth[kind]], 'o-', label=name)
        panel.set(xscale='log', xlabel=PLACES[place], ylabel=unit, xticks=places, xticklabels=places)
        panel.minorticks_off()
        if (kind, unit) == ('corpus', 'seconds'):
            panel.set_yscale('log')                 # a line that rises by 1 in 1 is linear growth
        else:
            panel.set_ylim(bottom=0)
        panel.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(file, metadata=dict(Date=None))


def draw(results: list[dict], file: Path) -> None:
    """Bars of sentences a second, a panel for each result."""
    pyplot = plots()
    counts = [len(result['contestants']) for result in results]
    figure, panels = pyplot.subplots(
        len(results), 1, squeeze=False, figsize=(9, 0.3 * sum(counts) + 0.9 * len(results)), height_ratios=counts)
    for panel, result in zip(panels[:, 0], results, strict=True):
        rows = result['contestants'][::-1]
        bars = panel.barh([row['name'] for row in rows], [row['sentences_per_second'] for row in rows],
                          color=['#d9480f' if row['name'].startswith('mmner') else '#adb5bd' for row in rows])
        panel.bar_label(bars, fmt='%.1f', padding=3)
        panel.set_title(f'{result["kind"].capitalize()}, sentences a second ({result["processor"]})', loc='left')
        panel.margins(x=0.1)
    figure.tight_layout()
    figure.savefig(file, metadata=dict(Date=None))


def main() -> int:
    results = read_results()
    write_table(README, results)
    draw(results, RESULTS / 'speed.svg')
    draw_growth(json.loads((RESULTS / 'growth.json').read_text(encoding='utf8')), RESULTS / 'growth.svg')
    return 0


if __name__ == '__main__':
    sys.exit(main())
