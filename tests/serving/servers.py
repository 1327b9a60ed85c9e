"""Real servers in processes of their own."""
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

import httpx

from tests.runs import ROOT, fork


class Running(NamedTuple):
    """A server that takes requests."""
    url: str
    process: subprocess.Popen | BaseProcess

    def post(self, message, **options) -> httpx.Response:
        return httpx.post(f'{self.url}/predict', json=message, timeout=60, **options)

    def metric(self, name: str) -> float:
        """The value of a line of /metrics, 0 where there is none."""
        lines = httpx.get(f'{self.url}/metrics').text.splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(f'{name} ')), 0.0)


@contextmanager
def running(*arguments, **environment: str) -> Iterator[Running]:
    """Start Python with these arguments, wait until the server it is has warmed up; kill it at the end."""
    process = subprocess.Popen([sys.executable, *map(str, arguments)], cwd=ROOT, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=os.environ | environment)
    try:
        line = process.stdout.readline()
        assert line.startswith('mmner serves http://'), process.stderr.read()
        yield ready(line, process)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def forked_server(function: Callable, *arguments, **environment: str) -> Iterator[Running]:
    """What `running` does, with a function that serves and without the seconds that torch takes to be imported."""
    with fork(function, *arguments, **environment) as (process, out, errors):
        wait_for(lambda: '\n' in out.read_text() or not process.is_alive())
        line = out.read_text()
        assert line.startswith('mmner serves http://'), errors.read_text()
        yield ready(line, process)


def ready(line: str, process: subprocess.Popen | BaseProcess) -> Running:
    """The server that has said this first line, once it has warmed up."""
    server = Running(line.split()[-1], process)
    wait_for(lambda: httpx.get(f'{server.url}/readyz').status_code == 200)
    return server


def serve_moody(model: Path | str, **limits) -> None:
    """Serve a model that sleeps or fails when a text says so."""
    from mmner.apis import NERInferencer
    from mmner.serving.limits import Limits
    from mmner.serving.server import serve

    class Moody(NERInferencer):
        def __call__(self, texts):
            if any('故障' in text for text in texts):
                raise RuntimeError('a secret of the server')
            if any('慢' in text for text in texts):
                sleep(1.5)
            return super().__call__(texts)

    sys.exit(serve(Moody(model), host='127.0.0.1', port=0, limits=Limits(**limits)))


def wait_for(condition, seconds: float = 30) -> None:
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end
        sleep(0.02)
