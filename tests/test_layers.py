"""The floors of the package (DESIGN): a module imports from lower floors and its own room only."""
import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FLOORS = dict(
    version=0, registry=0, utils=0, structures=1, tokenizers=2, datasets=3, models=3, evaluation=3, visualization=3,
    engine=4, apis=5, export=5, serving=6, cli=7)


def room(module: str) -> str:
    """'mmner.models.layers' to 'models'; the package itself is 'version', the only thing it imports."""
    return (module.split('.') + ['version'])[1]


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding='utf8'))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{file}:{node.lineno}: a relative import'
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return {name for name in names if name.split('.')[0] == 'mmner'}


def test_modules_import_from_lower_floors_only():
    wrong, seen = [], set()
    for file in (ROOT / 'mmner').rglob('*.py'):
        own = room('.'.join(file.relative_to(ROOT).with_suffix('').parts).removesuffix('.__init__'))
        seen.add(own)
        for name in imported(file):
            other = room(name)
            if other != own and not (FLOORS[other] < FLOORS[own] or FLOORS[own] == FLOORS[other] == 0):
                wrong.append(f'{file.relative_to(ROOT)} imports {name}')
    assert not wrong
    assert {'structures', 'datasets', 'models', 'cli'} <= seen


def test_importing_the_package_is_cheap():
    """`import mmner` costs under half a second beyond torch and mmengine, and loads no component."""
    code = ('import time, torch, mmengine; begin = time.perf_counter(); import mmner, mmner.registry, sys; '
            'print(time.perf_counter() - begin, "mmner.models" in sys.modules)')
    seconds, loads_models = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                                           check=True).stdout.split()
    assert float(seconds) < 0.5 and loads_models == 'False'


def test_ruff_finds_nothing():
    done = subprocess.run([sys.executable, '-m', 'ruff', 'check', '--no-cache', '.'], cwd=ROOT, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout
