"""How long the tools for annotation files take on 107,480 sentences, and seqeval and nervaluate on the same entities.

    python benchmarks/annotation_tools.py

Needs CLUENER in data/cluener and the test extras. Writes benchmarks/results/annotation_tools.md. The sentences are the
training set ten times; of the predictions one entity in ten is missing, one is longer by a character, one has another
label.
"""
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import machine
from inputs import CLUENER, PREPARE, ROOT, require

from mmner.cli.errors import one_line_errors
from mmner.datasets import CLUENERReader, JsonLinesReader
from mmner.structures import Entity, Prediction

CORPUS = CLUENER / 'train.json'
RESULTS = ROOT / 'benchmarks/results/annotation_tools.md'
COPIES = 10
PEERS = 'seqeval', 'nervaluate'


def write_corpus(folder: Path) -> None:
    """train.json (CLUENER), gold.jsonl and predicted.jsonl."""
    source = random.Random(0)
    lines = CORPUS.read_text(encoding='utf8')
    (folder / 'train.json').write_text(lines * COPIES, encoding='utf8')
    records = list(CLUENERReader()(folder / 'train.json'))
    labels = sorted({entity.label for record in records for entity in record['entities']})
    with (folder / 'gold.jsonl').open('w', encoding='utf8') as gold, \
            (folder / 'predicted.jsonl').open('w', encoding='utf8') as predicted:
        for record in records:
            text, entities = record['text'], record['entities']
            gold.write(f'{Prediction(text, entities).to_json()}\n')
            changed = [spoilt(entity, len(text), labels, source) for entity in entities]
            predicted.write(f'{Prediction(text, [entity for entity in changed if entity]).to_json()}\n')


def spoilt(entity: Entity, length: int, labels: list[str], source: random.Random) -> Entity | None:
    chance, score = source.random(), source.random()
    if chance < 0.1:
        return None
    return Entity(source.choice(labels) if chance < 0.2 else entity.label, entity.start,
                  min(entity.end + (chance > 0.9), length), score)


def commands(folder: Path) -> dict[str, list[str]]:
    """What is timed: a title and a command."""
    gold, predicted = (str(folder / f'{name}.jsonl') for name in ('gold', 'predicted'))
    mmner = [sys.executable, '-m', 'mmner.cli.main']

    def convert(source: str, target: str, *formats: str) -> list[str]:
        return [*mmner, 'convert', str(folder / source), str(folder / target), '--from', formats[0], '--to', formats[1]]

    return {
        'convert, CLUENER to JSON lines': convert('train.json', 'a.jsonl', 'cluener', 'jsonl'),
        'convert, JSON lines to columns': convert('gold.jsonl', 'a.conll', 'jsonl', 'conll'),
        'convert, columns to JSON lines': convert('a.conll', 'b.jsonl', 'conll', 'jsonl'),
        'check_dataset': [*mmner, 'check_dataset', gold],
        'evaluate': [*mmner, 'evaluate', gold, predicted],
        **{f'{peer} alone': [sys.executable, __file__, peer, gold, predicted] for peer in PEERS},
        'find_errors': [*mmner, 'find_errors', gold, predicted, '--train', gold],
        'calibrate': [*mmner, 'calibrate', gold, predicted],
        'compare, 10,000 resamples': [*mmner, 'compare', gold, predicted, gold],
        'report': [*mmner, 'report', gold, predicted, str(folder / 'report.html')]}


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds on the clock and of the processor."""
    begin, before = time.perf_counter(), os.times()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (time.perf_counter() - begin,
            after.children_user + after.children_system - before.children_user - before.children_system)


def run_peer(name: str, gold: str, predicted: str) -> None:
    """The two files, read by mmner, as the peer wants them, and its own report."""
    columns = [[(record['text'], record['entities']) for record in JsonLinesReader()(file)]
               for file in (gold, predicted)]
    if name == 'seqeval':
        from seqeval.metrics import classification_report
        print(classification_report(*([tags(*row) for row in column] for column in columns)))
    else:
        from nervaluate import Evaluator
        rows = [[[dict(label=label, start=start, end=end - 1) for label, start, end, *_ in entities]
                 for _, entities in column] for column in columns]
        labels = sorted({entity['label'] for row in rows[0] for entity in row})
        print(Evaluator(*rows, tags=labels, loader='dict').evaluate())


def tags(text: str, entities: list[Entity]) -> list[str]:
    """BIO."""
    found = ['O'] * len(text)
    for label, start, end, *_ in entities:
        found[start:end] = [f'B-{label}', *[f'I-{label}'] * (end - start - 1)]
    return found


@one_line_errors
def main() -> int:
    if sys.argv[1:2] and sys.argv[1] in PEERS:
        run_peer(*sys.argv[1:])
        return 0
    require(CORPUS, PREPARE)
    rows = []
    with TemporaryDirectory() as name:
        write_corpus(Path(name))
        for title, command in commands(Path(name)).items():
            seconds, of_processor = timed(command)
            rows.append(f'| {title} | {seconds:.1f} | {of_processor:.1f} |')
            print(rows[-1], flush=True)
    described = machine.describe('cpu')
    lines = ['# Tools on 107,480 sentences', '', 'Seconds, imports included, one run each; '
             f'{described["processor"]}, {described["date"]}, commit {described["commit"]}.', '',
             '```', 'python benchmarks/annotation_tools.py', '```', '', '| tool | on the clock | of the processor |',
             '|---|--:|--:|', *rows]
    RESULTS.write_text('\n'.join(lines) + '\n', encoding='utf8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
