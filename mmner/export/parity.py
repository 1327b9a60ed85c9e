"""Whether an exported folder finds what the model finds."""
import json
import os
import re
import site
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from mmner.evaluation.functional import strict_counts, total
from mmner.structures import Entity, Prediction
from mmner.utils import InputError

# All that predict.py may import beside the standard library.
PACKAGES = ('numpy', 'onnxruntime', 'sentencepiece')


class Outcome(NamedTuple):
    """What one way of running the model found in the test set.

    Attributes:
        name (str): 'PyTorch float32', 'ONNX float32', 'ONNX int8'.
        found (list[list[Entity]]): The entities of each text.
        speed (float): Texts a second.
        megabytes (float): Size of the model's file.
    """
    name: str
    found: list[list[Entity]]
    speed: float
    megabytes: float


def f1(gold: Sequence[list[Entity]], found: Sequence[list[Entity]]) -> float:
    """F1 over all categories, strict."""
    return total(strict_counts(gold, found)).f1


def first_difference(texts: Sequence[str], expected: Outcome, found: Outcome) -> str | None:
    """A line about the first text in which other entities were found; None: there is none."""
    differing = [index for index, (left, right) in enumerate(zip(expected.found, found.found, strict=True))
                 if spans(left) != spans(right)]
    if not differing:
        return None
    index = differing[0]
    text, before, after = texts[index], spans(expected.found[index]), spans(found.found[index])
    lost, added = (' '.join(f'{label} {text[start:end]!r} [{start}, {end})' for label, start, end in sorted(only))
                   for only in (before - after, after - before))
    return (f'{found.name}: {len(differing)} of {len(texts)} texts differ from {expected.name}; the first is '
            f'{index + 1}, {text!r}: lost {lost or "nothing"}, added {added or "nothing"}')


def spans(entities: Sequence[Entity]) -> set[tuple[str, int, int]]:
    return {entity.span for entity in entities}


def run_folder(folder: Path, name: str, model: str, texts: Sequence[str], threads: int) -> Outcome:
    """Let the `predict.py` of a folder read texts, in a process that can import PACKAGES alone.

    Raises:
        InputError: It failed.
    """
    lines = ''.join(f'{Prediction(text, []).to_json()}\n' for text in texts)
    with TemporaryDirectory() as packages:
        link_packages(Path(packages))
        done = subprocess.run(
            [sys.executable, '-S', str(folder / 'predict.py'), '--jsonl', '--speed', '--model', model, '--threads',
             str(threads)],
            input=lines.encode('utf8', 'backslashreplace'), capture_output=True, check=False,
            env={**os.environ, 'PYTHONPATH': packages, 'PYTHONDONTWRITEBYTECODE': '1'})
    errors = done.stderr.decode('utf8', 'replace')
    if done.returncode:
        raise InputError(f'{name}: the exported predict.py fails: {errors.strip().splitlines()[-1:]}')
    found = [[Entity(item['label'], item['start'], item['end'], item['score']) for item in json.loads(line)['entities']]
             for line in done.stdout.decode('utf8').split('\n')[:-1]]
    speed = float(re.findall(r'(\S+) texts/s', errors)[-1])
    return Outcome(name, found, speed, (folder / model).stat().st_size / 1e6)


def link_packages(folder: Path) -> None:
    """Fill a folder with links to PACKAGES, wherever this Python has them."""
    places = {sysconfig.get_path('purelib'), sysconfig.get_path('platlib'), *site.getsitepackages(),
              site.getusersitepackages()}
    for package in PACKAGES:
        for found in (file for place in sorted(places) for file in Path(place).glob(f'*{package}*')):
            if not found.name.endswith('.dist-info') and not (folder / found.name).exists():
                (folder / found.name).symlink_to(found)


def check_f1(expected: float, outcome: Outcome, found: float, tolerance: float) -> None:
    """Refuse an export whose F1 is another.

    Raises:
        InputError: F1 differs by more than the tolerance.
    """
    if abs(found - expected) > tolerance:
        raise InputError(f'{outcome.name}: F1 {found:.4f} instead of {expected:.4f}, which is beyond the tolerance of '
                         f'{tolerance}; nothing was written')
