"""How a command ends that has lost its stdout."""
import os
import subprocess
import sys
from io import BytesIO, TextIOWrapper

import pytest
from torch.utils.data import DataLoader, Dataset

from mmner.cli.errors import line_of, one_line_errors
from mmner.utils import InputError
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


def test_of_a_worker_of_a_dataloader_its_words_are_printed(capsys):
    class Refusing(Dataset):
        def __len__(self) -> int:
            return 1

        def __getitem__(self, index: int):
            raise InputError('a.json:3: no, InputError: is fine')

    with pytest.raises(InputError) as caught:
        list(DataLoader(Refusing(), num_workers=1))
    assert 'Traceback' in str(caught.value)
    assert line_of(caught.value) == 'a.json:3: no, InputError: is fine'


def test_another_pipe_that_breaks_passes_through():
    @one_line_errors
    def main() -> int:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        main()


@pytest.mark.parametrize(('path', 'reason'), [('x' * 300, 'File name too long'), ('.', 'Is a directory')])
def test_what_the_system_refuses_is_one_line(capsys, path, reason):
    assert one_line_errors(lambda: os.open(path, os.O_WRONLY))() == 1
    assert capsys.readouterr().err == (f'error: {path}: {reason}; give another path, or see to its permissions and to '
                                       'room on the disk\n')


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='Linux only')
@pytest.mark.parametrize('length', [9, 10**6])
def test_a_full_disk_behind_stdout(length):
    with open('/dev/full', 'w') as sink:
        done = subprocess.run([sys.executable, '-c', COMMAND.format(length=length, end='return 0')], cwd=ROOT,
                              stdout=sink, stderr=subprocess.PIPE, text=True)
    first, *others = done.stderr.splitlines()
    assert done.returncode == 1 and first.startswith('error: No space left on device; ') and not others


def test_without_stdout(monkeypatch):
    monkeypatch.setattr('sys.stdout', None)
    assert one_line_errors(lambda: 0)() == 0


def test_what_stdout_cannot_hold_is_escaped(monkeypatch):
    sink = BytesIO()
    monkeypatch.setattr('sys.stdout', TextIOWrapper(sink, encoding='ascii'))
    assert one_line_errors(lambda: print('甲\ud800') or 0)() == 0
    assert sink.getvalue() == b'\\u7532\\ud800\n'
