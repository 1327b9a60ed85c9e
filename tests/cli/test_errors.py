"""How a command ends that has lost its stdout."""
import os
import subprocess
import sys
from io import BytesIO, TextIOWrapper

import pytest

from mmner.cli.errors import one_line_errors
from tests.runs import ROOT

COMMAND = '''
import sys
from mmner.cli.errors import one_line_errors
from mmner.utils import InputError

@one_line_errors
def main():
    print({length} * 'x')
    {end}

sys.exit(main())
'''


@pytest.mark.parametrize(('option', 'length', 'end', 'expected'), [
    ('-E', 9, 'return 3', (3, '')), ('-E', 9, "raise InputError('no')", (1, 'error: no\n')),
    ('-E', 10**6, 'return 3', (141, '')), ('-Eu', 9, 'return 3', (141, ''))])
def test_a_reader_that_has_left(option, length, end, expected):
    """Also of a Python that writes at once (`-u`, else PYTHONUNBUFFERED, which `-E` ignores)."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([sys.executable, option, '-c', COMMAND.format(length=length, end=end)], cwd=ROOT,
                          stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == expected


def test_another_pipe_that_breaks_passes_through():
    @one_line_errors
    def main() -> int:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        main()


def test_without_stdout(monkeypatch):
    monkeypatch.setattr('sys.stdout', None)
    assert one_line_errors(lambda: 0)() == 0


def test_what_stdout_cannot_hold_is_escaped(monkeypatch):
    sink = BytesIO()
    monkeypatch.setattr('sys.stdout', TextIOWrapper(sink, encoding='ascii'))
    assert one_line_errors(lambda: print('甲\ud800') or 0)() == 0
    assert sink.getvalue() == b'\\u7532\\ud800\n'
