"""A bar on stderr where work takes long, in a real pseudo-terminal; stdout has the results alone."""
import io
import json
import re
import subprocess
import sys
import time

import pytest

from mmner.cli import progress
from mmner.cli.main import main
from mmner.cli.progress import with_progress
from tests.runs import ROOT
from tests.terminals import terminal_as_stderr

SLOW = ('import sys, time\n'
        'from mmner.datasets import JsonLinesReader\n'
        'read = JsonLinesReader.__call__\n'
        'def slowly(reader, file):\n'
        '    for record in read(reader, file):\n'
        '        yield record\n'
        '        time.sleep(0.8)\n'
        'JsonLinesReader.__call__ = slowly\n'
        'from mmner.cli.main import main\n'
        'sys.exit(main(sys.argv[1:]))')


@pytest.fixture
def files(tmp_path):
    """Four texts, as annotated and as predicted."""
    texts = ('王伟在北京', '李娜在上海', '北京', '张磊')
    names = [[dict(label='name', start=0, end=2, score=0.5)] for _ in texts]
    for file, rows in (('gold.jsonl', names), ('pred.jsonl', [names[0], [], *names[2:]])):
        (tmp_path / file).write_text(''.join(json.dumps(dict(text=text, entities=row)) + '\n'
                                             for text, row in zip(texts, rows, strict=True)))
    return tmp_path


@pytest.fixture
def impatient(monkeypatch):
    """A bar appears at the first item."""
    monkeypatch.setattr(progress, 'PATIENCE', 0)
    monkeypatch.setattr(progress, 'PAUSE', 0)


@pytest.mark.parametrize(('arguments', 'expected'), [
    (['evaluate', 'gold.jsonl', 'pred.jsonl'], '4 texts'),
    (['find_errors', 'gold.jsonl', 'pred.jsonl', '--train', 'gold.jsonl'], '4 texts'),
    (['compare', 'gold.jsonl', 'gold.jsonl', 'pred.jsonl', '--resamples', '10', '--changes', 'a'],
     '2 categories.* 1 sentences'),
    (['calibrate', 'gold.jsonl', 'pred.jsonl'], '4 texts'),
    (['check_dataset', 'gold.jsonl'], '4 texts'),
    (['convert', 'gold.jsonl', '{out}', '--from', 'jsonl', '--to', 'conll'], '4 texts'),
    (['split_dataset', 'gold.jsonl', '{out}', '--parts', 'a=0.5', 'b=0.5'], '4 lines')])
def test_every_command_that_reads(arguments, expected, files, impatient, monkeypatch, capsys):
    monkeypatch.chdir(files)
    assert main([argument.format(out='first') for argument in arguments]) == 0
    plain = capsys.readouterr()
    with terminal_as_stderr(monkeypatch) as shown:
        assert main([argument.format(out='second') for argument in arguments]) == 0
    assert re.search(expected, shown(), re.S)
    assert capsys.readouterr().out == plain.out.replace('first', 'second') and '\x1b' not in plain.out
    assert plain.err == '', 'where nobody watches there is no bar'


def test_preparing_a_corpus(shared, impatient, monkeypatch, tmp_path):
    with terminal_as_stderr(monkeypatch) as shown:
        assert main(['prepare_dataset', 'resume', '--archive', str(shared / 'data/resume'), '--out',
                     str(tmp_path)]) == 0
    assert re.search(r'\d+ texts', shown())


def test_a_reader_that_is_slow(files, monkeypatch, capsys):
    """With the patience of a user: two seconds."""
    with terminal_as_stderr(monkeypatch) as shown:
        done = subprocess.run([sys.executable, '-c', SLOW, 'evaluate', files / 'gold.jsonl', files / 'pred.jsonl'],
                              cwd=ROOT, stdout=subprocess.PIPE, stderr=sys.stderr, timeout=120)
    assert done.returncode == 0 and '4 texts' in shown() and '1 texts' not in shown()
    assert main(['evaluate', str(files / 'gold.jsonl'), str(files / 'pred.jsonl')]) == 0
    assert done.stdout.decode() == capsys.readouterr().out


def test_what_is_done_soon_shows_nothing(files, monkeypatch, capsys):
    with terminal_as_stderr(monkeypatch) as shown:
        assert main(['evaluate', str(files / 'gold.jsonl'), str(files / 'pred.jsonl')]) == 0
        assert list(with_progress('abc')) == [*'abc']
    assert shown() == ''


def test_no_bar_across_results_on_the_same_terminal(impatient, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with terminal_as_stderr(monkeypatch) as shown:
        assert list(with_progress('abc', Terminal())) == [*'abc']
    assert shown() == ''


def test_the_bar_goes_when_reading_fails(impatient, monkeypatch):
    def broken():
        yield 'a'
        raise ValueError

    with terminal_as_stderr(monkeypatch) as shown, pytest.raises(ValueError):
        list(with_progress(broken()))
    assert '1 texts' in shown() and shown().rindex('\x1b[?25h') > shown().rindex('\x1b[?25l'), 'the cursor is back'


def test_counting_costs_little(impatient, monkeypatch):
    """With a bar too: the screen is not written for each item."""
    monkeypatch.setattr(progress, 'PAUSE', 0.1)
    with terminal_as_stderr(monkeypatch) as shown:
        begin = time.process_time()
        assert sum(1 for _ in with_progress(range(300_000))) == 300_000
        assert time.process_time() - begin < 1.5
    assert len(re.findall('texts', shown())) < 300
