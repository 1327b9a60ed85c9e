import io
import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mmner.apis import NERInferencer
from mmner.cli import convert, evaluate, predict
from mmner.cli.prediction_formats import write_conll
from mmner.datasets import ConllReader
from mmner.structures import Entity, Prediction
from mmner.utils import InputError
from mmner.utils.files import written_aside
from tests.known_model import write_known_model
from tests.runs import ROOT, forked_tool

COMMAND = [sys.executable, '-c', 'import sys; from mmner.cli.main import main; sys.exit(main())']


@pytest.fixture(scope='module')
def inferencer(small_model):
    return NERInferencer(small_model)


@pytest.fixture(scope='module')
def texts(small_model):
    lines = (small_model.parent / 'train.json').read_text(encoding='utf8').splitlines()
    return [json.loads(line)['text'] for line in lines[:5]]


@pytest.fixture
def run(small_model, capsys, monkeypatch):
    """Run `mmner predict` with the small model in this process: its stdout; stderr must be empty."""

    def run(*arguments, stdin: bytes = b'') -> str:
        monkeypatch.setattr('sys.stdin', io.TextIOWrapper(io.BytesIO(stdin)))
        assert predict.main([str(small_model), *map(str, arguments)]) == 0
        out, err = capsys.readouterr()
        assert err == ''
        return out

    return run


@pytest.fixture
def mistake(small_model, capsys, monkeypatch):
    """The one line on stderr of a run that must fail."""

    def mistake(*arguments) -> str:
        monkeypatch.setenv('MMNER_TRACEBACK', '0')
        assert predict.main([str(small_model), *map(str, arguments)]) == 1
        out, err = capsys.readouterr()
        assert out == '' and err.startswith('error: ') and err.count('\n') == 1
        return err

    return mistake


def as_json(predictions) -> str:
    return ''.join(f'{prediction.to_json()}\n' for prediction in predictions)


def test_texts_files_and_stdin_give_the_same(run, inferencer, texts, tmp_path):
    expected = as_json(inferencer(texts))
    assert expected.count('"label"') > 4
    file = tmp_path / 'a.txt'
    file.write_text('\n'.join(texts), encoding='utf8')
    assert run(*texts, '--format', 'jsonl') == run('--format', 'jsonl', *texts) == expected
    assert run('--format', 'jsonl', '--file', file) == expected
    assert run('--format', 'jsonl', stdin=file.read_bytes()) == expected


def test_predictions_lead_back_to_their_texts(run, inferencer, texts, tmp_path):
    """Of JSON by the id, by which they become documents of brat; of a folder by file and line."""
    lines = [dict(text=text, id=f'letters/{number}') for number, text in enumerate(texts)]
    gold = written(tmp_path / 'gold.jsonl', '\n'.join(map(json.dumps, lines)))
    out = tmp_path / 'found.jsonl'
    run('--file', gold, '--format', 'jsonl', '--out', out)
    assert [json.loads(line)['id'] for line in out.read_text(encoding='utf8').splitlines()] == [
        line['id'] for line in lines]
    assert convert.main([str(out), str(tmp_path / 'brat'), '--from', 'jsonl', '--to', 'brat']) == 0
    assert [(tmp_path / f'brat/{line["id"]}.txt').read_text(encoding='utf8') for line in lines] == texts
    assert evaluate.main([str(gold), str(out)]) == 0
    run('--file', tmp_path / 'brat', '--format', 'jsonl', '--out', out)
    found = json.loads(out.read_text(encoding='utf8').splitlines()[3])
    assert (found['file'], found['line'], found['text']) == (str(tmp_path / 'brat/letters/3.txt'), 1, texts[3])
    expected = inferencer(texts[3]).to_dict()['entities']
    assert found['entities'] == [entity | dict(score=pytest.approx(entity['score'], abs=1e-4)) for entity in expected]
    assert [prediction.source['line'] for prediction in inferencer(tmp_path / 'brat')] == [1] * 5


def test_text_marks_entities_and_has_no_colours_in_a_pipe(run, inferencer, texts):
    text, entities, _ = inferencer(texts[0])
    expected = text
    for entity in reversed(entities):
        expected = f'{expected[:entity.start]}[{text[entity.start:entity.end]}]{entity.label}{expected[entity.end:]}'
    assert entities and run(texts[0]) == f'{expected}\n'


def test_a_terminal_gets_colours_and_answers_line_by_line(small_model, inferencer, texts):
    lines = [text for text, entities, _ in inferencer(texts) if entities][:2]
    parent, child = pty.openpty()
    run = subprocess.Popen([*COMMAND, 'predict', small_model], stdin=child, stdout=child, stderr=subprocess.PIPE,
                           cwd=ROOT, env={**os.environ, 'TERM': 'xterm'})
    os.close(child)
    for line in lines:
        os.write(parent, f'{line}\n'.encode())
        answer = b''
        while not (b'\x1b[' in answer and answer.endswith(b'\n')):     # the echo of the line has no colours
            answer += os.read(parent, 10000)
    os.write(parent, b'\x04')                                          # the end of the input
    assert run.wait(60) == 0 and run.stderr.read() == b''


def test_conll_by_hand(small_model, run, inferencer, monkeypatch, caplog):
    """An entity inside another has no place in BIO, nor has one that is discontinuous; blanks have no line."""
    found = [Entity('name', 0, 3, 0.9), Entity('address', 1, 2, 0.8), Entity('book', 4, 5, 0.7),
             Entity('book', 3, 5, 0.7, ((3, 4), (4, 5)))]
    monkeypatch.setattr(NERInferencer, 'corrected', lambda self, text, entities: found if text == '甲 乙丙丁' else [])
    assert run('甲 乙丙丁', '戊\n', '--format', 'conll') == (
        '甲\tB-name\n乙\tI-name\n丙\tO\n丁\tB-book\n\n戊\tO\n\n')
    assert caplog.messages == ['2 x entity that BIO tags cannot hold (inside a longer one, discontinuous, or of blanks '
                               'alone); --format jsonl has them all']


def test_blanks_at_the_edges_of_entities_have_no_tag(caplog):
    entities = [Entity('address', 2, 5, 0.9), Entity('address', 5, 9, 0.9), Entity('address', 9, 11, 0.9)]
    sink = io.StringIO()
    write_conll([Prediction('他去 北京 上海 \n ', entities), Prediction('', [])], sink, ['address'])
    assert sink.getvalue() == '他\tO\n去\tO\n北\tB-address\n京\tI-address\n上\tB-address\n海\tI-address\n\n\n'
    assert caplog.messages[0].startswith('1 x entity that BIO tags cannot hold')


def test_conll_of_a_model_of_words(tmp_path, capsys):
    config, weights = write_known_model(tmp_path)
    config.write_text(config.read_text().replace('pipeline=[', "pipeline=[dict(type='SplitWords'), "))
    texts = ['王a 大京, 京b! 京', '\ud800京 ', ' ']
    assert predict.main([str(config), '--weights', str(weights), *texts, '--format', 'conll']) == 0
    out, err = capsys.readouterr()
    assert err == '' and out == ('王a\tB-name\n大京\tO\n,\tO\n京b\tB-address\n!\tO\n京\tB-address\n\n'
                                 '京\tB-address\n\n\n')


def test_strange_characters_come_back(tmp_path, caplog):
    """A byte order mark at the beginning, which is text, and lone surrogates, which no file holds."""
    predictions = [Prediction(' \ufeff甲', [Entity('x', 1, 3, 0.5)]), Prediction('\ufeff', [])]
    predictions += [Prediction('乙\ud800丙\udfff', [Entity('x', 0, 3, 0.5), Entity('y', 3, 4, 0.5)])]
    with written_aside(tmp_path / 'a.conll') as sink:
        write_conll(predictions, sink, ['x'])
    assert (tmp_path / 'a.conll').read_bytes().decode() == (
        '\n\ufeff\tB-x\n甲\tI-x\n\n\ufeff\tO\n\n乙\tB-x\n丙\tI-x\n\n')
    assert [(record['text'], record['entities']) for record in ConllReader(strict=True)(tmp_path / 'a.conll')] == [
        ('\ufeff甲', [Entity('x', 0, 2)]), ('\ufeff', []), ('乙丙', [Entity('x', 0, 2)])]
    assert caplog.messages == [
        '1 x entity that BIO tags cannot hold (inside a longer one, discontinuous, or of blanks alone); --format jsonl '
        'has them all', '2 x lone surrogate, which has no line; --format jsonl has them all']


def test_a_label_that_columns_cannot_hold_is_refused_before_a_text_is_read():
    sink = io.StringIO()
    with pytest.raises(InputError, match=r"^--format conll: the label 'a\\nb' cannot stand in CoNLL columns; write "):
        write_conll((pytest.fail('begun in vain') for _ in range(1)), sink, ['x', 'a\nb'])
    assert sink.getvalue() == ''


def test_carriage_returns_inside_of_lines_are_told(run, caplog):
    assert len(run('--format', 'jsonl', stdin='甲\r乙\n'.encode()).splitlines()) == 1
    assert caplog.messages[0].startswith('1 x carriage return inside of a line') and 'stdin:1' in caplog.messages[0]


def test_html_is_a_page_that_escapes(run, texts):
    page = run('<script>', texts[0], '--format', 'html')
    assert page.startswith('<!DOCTYPE html>') and '<script' not in page and '&lt;script&gt;' in page


@pytest.mark.parametrize('name', ['a.json', 'a.jsonl', 'a.txt'])
def test_a_file_without_texts_has_no_predictions(run, tmp_path, name):
    assert run('--file', written(tmp_path / name, '[]' if name == 'a.json' else '')) == ''


def test_out_is_written_aside(run, mistake, inferencer, texts, tmp_path):
    file = tmp_path / 'new/out.jsonl'
    assert run(*texts, '--format', 'jsonl', '--out', file) == ''
    assert file.read_text(encoding='utf8') == as_json(inferencer(texts)) and len(list(file.parent.iterdir())) == 1
    (tmp_path / 'bad.txt').write_bytes(b'a\n\xff\n')
    assert 'bad.txt:2: not UTF-8' in mistake('--file', tmp_path / 'bad.txt', '--out', file)
    assert len(list(file.parent.iterdir())) == 1, 'the old file stays, no half of a new one does'
    assert 'a.txt/b: File exists; give another file' in mistake('甲', '--out', written(tmp_path / 'a.txt') / 'b')


def test_out_is_no_input(tmp_path, capsys):
    dictionary = written(tmp_path / 'words.tsv', '于\tscene\n')
    for file in (written(tmp_path / 'a.txt', '甲'), dictionary):
        before = file.read_text()
        assert predict.main(['a-model', *map(str, (
            '--file', tmp_path, '--dictionary', dictionary, '--out', file))]) == 1
        assert capsys.readouterr().err == f'error: {file}: is read by this command; give another name\n'
        assert file.read_text() == before


def test_out_is_no_weights(small_model, tmp_path, capsys):
    shutil.copytree(small_model, tmp_path / 'model')
    for name in ('epoch_30.pth', 'small.py'):
        file = tmp_path / 'model' / name
        before = file.read_bytes()
        assert predict.main([str(tmp_path / 'model'), '甲', '--out', str(file)]) == 1
        assert capsys.readouterr().err == f'error: {file}: is read by this command; give another name\n'
        assert file.read_bytes() == before


def written(file: Path, content: str = '') -> Path:
    file.write_text(content, encoding='utf8')
    return file


def test_thresholds_dictionary_and_sentences_reach_the_inferencer(run, small_model, texts, tmp_path):
    dictionary = written(tmp_path / 'words.tsv', '于\tscene\n')
    expected = NERInferencer(small_model, thresholds={'name': 0.9, 'book': 1}, dictionary=dictionary,
                             split_sentences=True)('甲于。乙' + texts[0])
    assert run('甲于。乙' + texts[0], '--threshold', 'name=0.9', 'book=1', '--dictionary', dictionary,
               '--split-sentences', '--format', 'jsonl') == as_json([expected])
    assert run(*texts, '--threshold', '1', '--format', 'jsonl').count('"label"') == 0


@pytest.mark.parametrize(('arguments', 'expected'), [
    (['甲', '--threshold', 'high'], '--threshold high: expected one number, or label=number'),
    (['--threshold', '0.5', '甲'], 'or label=number for some labels; put texts before --threshold'),
    (['甲', '--threshold', '0.5', 'name=1'], '--threshold 0.5 name=1: expected one number'),
    (['甲', '--threshold', 'name=1', 'name=0'], '--threshold name=1 name=0: names a label twice'),
    (['甲', '--threshold', 'planet=1'], "threshold of 'planet': unknown label"),
    (['甲', '王伟'.encode('gb18030').decode(errors='surrogateescape')], 'not in utf-8, the encoding of arguments here'),
    (['--file', 'absent.txt'], 'absent.txt: no such file or folder'),
    (['甲', '--weights', 'absent.pth'], 'absent.pth: no such checkpoint'),
    (['甲', '--dictionary', 'absent.tsv'], 'absent.tsv: No such file'),
    (['甲', '--device', 'gpu'], "device 'gpu' is unknown"),
])
def test_mistakes(mistake, arguments, expected):
    assert expected in mistake(*arguments)


@pytest.mark.parametrize(('closed', 'message'), [
    ('stdin', 'there is no stdin; give texts or --file'), ('stdout', 'there is no stdout; give --out')])
def test_without_stdin_or_stdout(mistake, monkeypatch, closed, message):
    monkeypatch.setattr(f'sys.{closed}', None)
    assert message in mistake(*['甲'][closed == 'stdin':])


def test_without_stderr(run, inferencer, texts, monkeypatch, capsys):
    monkeypatch.setattr('sys.stderr', None)
    assert run(texts[0], '--format', 'jsonl') == as_json(inferencer(texts[:1]))
    assert predict.main(['absent', '甲']) == 1 and capsys.readouterr().out == ''


def test_lone_surrogates_are_escaped(run, tmp_path):
    file = written(tmp_path / 'a.jsonl', '{"text": "a\\ud800\\u0000"}')
    assert json.loads(run('--file', file, '--format', 'jsonl'))['text'] == 'a\ud800\0'
    assert 'a\\ud800␀' in run('--file', file, '--format', 'text')


def test_a_reader_that_leaves_is_no_error(small_model, tmp_path):
    file = written(tmp_path / 'a.txt', '王伟在北京大学\n' * 20000)
    command = subprocess.Popen([*COMMAND, 'predict', small_model, '--file', file], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=ROOT)
    command.stdout.readline()
    command.stdout.close()
    assert command.wait(100) == 0 and command.stderr.read() == b''


def test_a_pipe_of_out_that_is_left_is_one_line(small_model, tmp_path):
    file = written(tmp_path / 'a.txt', '王伟在北京大学\n' * 20000)
    command = ' '.join(map(shlex.quote, map(str, [*COMMAND, 'predict', small_model, '--file', file, '--out'])))
    done = subprocess.run(['bash', '-c', f'{command} >(head -c 10 > /dev/null)'], capture_output=True, cwd=ROOT)
    assert done.returncode == 1 and done.stdout == b''
    assert re.fullmatch(rb'error: /dev/fd/\d+: Broken pipe; .*\n', done.stderr)


def test_the_tool_does_the_same(small_model, inferencer, texts):
    done = forked_tool('predict.py', small_model, texts[0], '--format', 'jsonl')
    assert (done.returncode, done.stdout, done.stderr) == (0, as_json(inferencer(texts[:1])), '')
