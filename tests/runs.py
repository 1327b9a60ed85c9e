"""Small runs of the real tools, for tests."""
import multiprocessing
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import Config

ROOT = Path(__file__).resolve().parents[1]
# Of 5 epochs, whatever the length of the run, so that a run may go on for longer than was planned.
SCHEDULE = [dict(type='LinearLR', start_factor=0.01, begin=0, end=1, by_epoch=True, convert_to_iter_based=True),
            dict(type='PolyLR', power=1.0, begin=1, end=5, by_epoch=True, convert_to_iter_based=True)]
# Processes of this context are forked off one that has imported these, which is what takes long, and nothing of mmner.
FORKS = multiprocessing.get_context('forkserver')
FORKS.set_forkserver_preload(['mmengine.runner', 'mmcv', 'torch._dynamo', 'matplotlib.pyplot'])


def write_config(folder: Path, **changes: str) -> Path:
    """A config that learns 60 sentences of the sample corpus in seconds; `changes` are lines appended to it.

    Args:
        folder: Where to put the config and its data.
        changes: Name = Python expression, e.g. `val_evaluator="dict(style='mmocr')"`.
    """
    for split, count in (('train', 60), ('dev', 21)):
        lines = (ROOT / f'mmner/datasets/sample/{split}.json').read_text(encoding='utf8').split('\n')
        (folder / f'{split}.json').write_text('\n'.join(lines[:count]) + '\n', encoding='utf8')
    config = folder / 'small.py'
    config.write_text('\n'.join([
        f'_base_ = {str(ROOT / "configs/bert_softmax/bert-tiny_softmax_sample_5e.py")!r}',
        'model = dict(encoder=dict(hidden_size=32, num_heads=2, intermediate_size=64), decoder=dict(hidden_size=32))',
        'train_cfg = dict(max_epochs=3)',
        f'param_scheduler = {SCHEDULE}',
        *(f'{split}_dataloader = dict(batch_size=8, dataset=dict(data_root={str(folder)!r}))'
          for split in ('train', 'val', 'test')),
        'default_hooks = dict(logger=dict(interval=1), checkpoint=dict(max_keep_ckpts=-1))',
        *(f'{name} = {value}' for name, value in changes.items())]) + '\n')
    return config


def write_whole(config: Config, file: Path) -> None:
    """Write a config out, as it is: to format one with the long paths of tests takes yapf more than a second."""
    Config(config.to_dict(), format_python_code=False).dump(file)


def tool(name: str, *arguments, **options) -> subprocess.CompletedProcess:
    """Run `tools/<name>` as a user would, from the project's root."""
    return subprocess.run([sys.executable, f'tools/{name}', *map(str, arguments)], cwd=ROOT, capture_output=True,
                          text=True, timeout=300, **options)


def forked_tool(name: str, *arguments) -> subprocess.CompletedProcess:
    """What `tool` does, without the seconds that torch and mmengine take to be imported.

    The process is a fork of one that has imported them, with its seed of hashes. Each tool has tests by `tool` beside.
    """
    return forked(run_script, f'tools/{name}', *map(str, arguments))


def run_script(*argv: str) -> None:
    sys.argv, sys.path[:0] = list(argv), [os.path.dirname(argv[0])]
    runpy.run_path(argv[0], run_name='__main__')


def forked_command(*arguments, folder: Path = ROOT) -> subprocess.CompletedProcess:
    """What `mmner` does with these arguments in a folder; as `forked_tool`."""
    return forked(run_command, *map(str, arguments), folder=folder)


def run_command(*arguments: str) -> None:
    sys.argv = ['mmner', *arguments]
    runpy.run_module('mmner.cli.main', run_name='__main__')


def forked(function: Callable, *arguments, **options) -> subprocess.CompletedProcess:
    """Call a function in a process of FORKS: how that ended, what it printed; options as for `fork`."""
    with fork(function, *arguments, **options) as (process, *streams):
        process.join(300)
        process.kill()
        process.join()
        return subprocess.CompletedProcess(arguments, process.exitcode, *(file.read_text('utf8') for file in streams))


@contextmanager
def fork(function: Callable, *arguments, folder: Path = ROOT, **environment: str) -> Iterator[tuple]:
    """A process of FORKS that calls a function, and the files of its stdout and stderr; killed at the end."""
    with TemporaryDirectory() as files:
        streams = [Path(files, name) for name in ('stdout', 'stderr')]
        for stream in streams:
            stream.touch()
        process = FORKS.Process(target=call, args=(streams, folder, os.environ | environment, function, arguments))
        process.start()
        try:
            yield process, *streams
        finally:
            process.kill()
            process.join()


def call(streams: list[Path], folder: Path, environment: dict[str, str], function: Callable, arguments: tuple) -> None:
    """Call the function as if this were a new Python in the folder, with stdout and stderr in files."""
    for descriptor, stream in enumerate(streams, start=1):
        os.dup2(os.open(stream, os.O_WRONLY), descriptor)
    multiprocessing.set_start_method(None, force=True)          # that of FORKS is for this process alone
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    function(*arguments)


def fork_ranks(function: Callable, folder: Path) -> None:
    """Call `function(rank, folder)` in two processes of FORKS at once; both must end well."""
    ranks = [FORKS.Process(target=function, args=(rank, folder)) for rank in range(2)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join(120)
        process.kill()
    assert [process.exitcode for process in ranks] == [0, 0]
