import os
import re
import subprocess
import sys

import pytest

from mmner.cli.main import COMMANDS, main
from tests.runs import ROOT, tool

LOADED = ('import sys; sys.argv[0] = "mmner"; from mmner.cli.main import main\n'
          'try: main()\n'
          'finally: print("heavy:", [name for name in ("torch", "mmengine", "rich", "numpy") if name in sys.modules])')


def mmner(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, '-c', LOADED, *arguments], cwd=ROOT, capture_output=True, text=True)


def test_help_lists_the_commands_at_once():
    seconds = []        # of a processor: how many others want it does not count
    for _ in range(3):
        begin = os.times()
        done = mmner('--help')
        end = os.times()
        seconds.append(end.children_user + end.children_system - begin.children_user - begin.children_system)
    assert done.returncode == 0 and 'example: mmner predict' in done.stdout and 'heavy: []' in done.stdout
    assert min(seconds) < 0.3
    _, *blocks = done.stdout.split('options:')[1].split('\n\n')[:-1]
    titles, lines = zip(*(block.split('\n', 1) for block in blocks), strict=True)
    assert titles == ('models:', 'corpora:', 'evaluation:')
    assert re.findall(r'^  (\w+)  ', '\n'.join(lines), re.M) == [*COMMANDS]


def test_every_tool_is_a_command():
    """All but what wrote the sample corpus, which is of use in a checkout alone."""
    tools = {file.stem for file in (ROOT / 'tools').rglob('*.py')}
    assert tools - {'make_sample_corpus'} == COMMANDS.keys()


@pytest.mark.parametrize('file', ['analysis_tools/evaluate.py', 'dataset_converters/convert.py', 'show_predictions.py'])
def test_a_tool_names_itself(file):
    done = tool(file, '--help')
    assert done.returncode == 0 and done.stdout.startswith(f'usage: python tools/{file} ')
    assert f'example: python tools/{file} ' in done.stdout


@pytest.mark.parametrize('name', COMMANDS)
def test_help_of_a_command_shows_an_example_and_loads_nothing_heavy(name):
    done = mmner(name, '--help')
    assert done.returncode == 0 and f'usage: mmner {name} ' in done.stdout and 'heavy: []' in done.stdout
    assert f'example: mmner {name} ' in done.stdout


def test_a_command_does_what_its_tool_does(capsys, monkeypatch):
    monkeypatch.setenv('MMNER_TRACEBACK', '0')
    assert main(['train', 'absent.py']) == 1
    assert 'absent.py: no such config' in capsys.readouterr().err


@pytest.mark.parametrize('arguments', [[], ['fly']])
def test_what_is_no_command(capsys, arguments):
    with pytest.raises(SystemExit, match='2'):
        main(arguments)
    assert 'usage: mmner' in capsys.readouterr().err


@pytest.mark.parametrize(('line', 'expected'), [
    ('mmner pred', ['predict ']), ('mmner predict --fo', ['--format ']),
    ('mmner predict m --format ht', ['html ']),
    ('mmner evaluate g p --gold-format label_studio_m', ['label_studio_min ']),
    ('mmner convert a b --to jso', ['jsonl '])])
def test_the_shell_completes(line, expected, tmp_path):
    """As bash asks: what argcomplete answers goes to the descriptor 8."""
    pytest.importorskip('argcomplete')
    answer = tmp_path / 'answer'
    environment = {**os.environ, '_ARGCOMPLETE': '1', '_ARGCOMPLETE_IFS': '\n', '_ARGCOMPLETE_SHELL': 'bash',
                   'COMP_LINE': line, 'COMP_POINT': str(len(line))}
    subprocess.run(['bash', '-c', f'"$@" 8>{answer} 9>/dev/null', 'bash', sys.executable, '-c', LOADED], cwd=ROOT,
                   env=environment, stdout=subprocess.DEVNULL)
    assert answer.read_text().split('\n') == expected
