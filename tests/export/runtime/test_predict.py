"""The script of an exported folder against mmner's own path."""
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mmner.apis.text_files import placed_lines
from mmner.datasets.readers.base import decoded_lines
from mmner.datasets.readers.text import json_objects
from mmner.datasets.transforms.windows import windows
from mmner.export.description import describe
from mmner.export.parity import link_packages, run_folder
from tests.export.nasty import NASTY


def texts_of(small_model, split: str) -> list[str]:
    return [json.loads(line)['text'] for line in
            (small_model.parent / f'{split}.json').read_text(encoding='utf8').splitlines()]


def assert_same(found, predictions) -> None:
    for entities, prediction in zip(found, predictions, strict=True):
        assert [entity.span for entity in entities] == [entity.span for entity in prediction.entities], prediction.text
        assert [entity.score for entity in entities] == pytest.approx(
            [entity.score for entity in prediction.entities], abs=1e-5)


def test_dev_set_long_and_nasty_texts_without_torch(exported, inferencer, small_model):
    dev = texts_of(small_model, 'dev')
    long = ''.join(texts_of(small_model, 'train'))[:1000]
    texts = [*dev, long, *NASTY]
    outcome = run_folder(exported, 'ONNX', 'model.onnx', texts, threads=1)
    assert_same(outcome.found, inferencer(texts))
    assert sum(map(len, outcome.found[:len(dev)])) > 20 and outcome.found[len(dev)][-1].start > 900


def test_temperature_of_the_model(exported, inferencer, predict, small_model, tmp_path, monkeypatch):
    folder, texts = shutil.copytree(exported, tmp_path / 'exported'), texts_of(small_model, 'dev')
    config = json.loads((folder / 'config.json').read_text())
    cool = predict.Predictor(folder, threads=1)(texts)
    monkeypatch.setattr(inferencer.model, 'temperature', 1.7)
    warm_config = json.loads(json.dumps(describe(inferencer.model, inferencer.pipeline[0])))
    assert warm_config == config | dict(temperature=1.7) and config['temperature'] == 1
    (folder / 'config.json').write_text(json.dumps(warm_config))
    warm = predict.Predictor(folder, threads=1)(texts)
    found = [[(e['label'], e['start'], e['end'], e['score']) for e in entities] for entities in warm]
    assert found == [[(*entity.span, pytest.approx(entity.score, abs=1e-5)) for entity in prediction.entities]
                     for prediction in inferencer(texts)]
    pairs = [(one['score'], other['score']) for ones, others in zip(warm, cool, strict=True)
             for one, other in zip(ones, others, strict=True)]
    assert len(pairs) > 20 and all(one < other or other < 0.5 for one, other in pairs)


def test_random_texts(exported, inferencer, predict):
    generator = random.Random(0)
    alphabet = '王伟在北京大学公司İﬁe\u0301 \n\ud834[MASK]Σ0'
    texts = [''.join(generator.choices(alphabet, k=generator.randrange(400))) for _ in range(60)]
    found = predict.Predictor(exported, threads=1)(texts)
    for text, entities, prediction in zip(texts, found, inferencer(texts), strict=True):
        assert [(e['label'], e['start'], e['end'], e['text']) for e in entities] == [
            (*entity.span, text[entity.start:entity.end]) for entity in prediction.entities]


def test_texts_that_fill_memory_are_read_in_groups(exported, inferencer, predict, small_model, monkeypatch):
    predictor, long = predict.Predictor(exported, threads=1), '王伟在北京' * 90
    texts = ['', *texts_of(small_model, 'dev'), long, '']
    monkeypatch.setattr(predict, 'MAX_VALUES', predictor.config['num_values'] * 200)
    groups, read = [], predictor.read
    monkeypatch.setattr(predictor, 'read', lambda group: groups.append(group) or read(group))
    for entities, prediction in zip(predictor(texts), inferencer(texts), strict=True):
        assert [(e['label'], e['start'], e['end']) for e in entities] == [e.span for e in prediction.entities]
    assert len(groups) > 2 and all(sum(map(len, group)) <= 200 or group == [long] for group in groups)
    assert predictor([]) == []


def test_groups(predict):
    assert list(predict.groups(['aa', 'b', 'c', 'dddd', '', 'e', 'fff', ''], 3)) == [
        ['aa', 'b'], ['c'], ['dddd'], ['', 'e'], ['fff', '']]


def run(exported, tmp_path, *arguments, **options):
    link_packages(tmp_path)
    return subprocess.run([sys.executable, '-S', *map(str, arguments)], capture_output=True, cwd=tmp_path,
                          env={**os.environ, 'PYTHONPATH': str(tmp_path)}, **options)


def test_only_three_packages_can_be_imported(exported, tmp_path):
    for package in ('torch', 'mmengine', 'mmner', 'google.protobuf', 'onnx'):
        done = run(exported, tmp_path, '-c', f'import {package}')
        assert done.returncode and b'ModuleNotFoundError' in done.stderr, package


def test_arguments_and_lines(exported, inferencer, small_model, tmp_path):
    first, second = texts_of(small_model, 'train')[:2]
    expected = [prediction.to_dict() for prediction in inferencer([first, '', second])]
    by_lines = run(exported, tmp_path, exported / 'predict.py', input=f'{first}\r\n\n{second}'.encode())
    (tmp_path / 'ner.py').symlink_to(exported / 'predict.py')
    by_arguments = run(exported, tmp_path, 'ner.py', first, '', second)
    for done in (by_lines, by_arguments):
        assert not done.returncode, done.stderr
        found = [json.loads(line) for line in done.stdout.decode().splitlines()]
        for line, wanted in zip(found, expected, strict=True):
            assert line['text'] == wanted['text']
            assert [{**entity, 'score': pytest.approx(entity['score'], abs=1e-5)} for entity in wanted['entities']] == \
                line['entities']


def test_no_list_and_too_many_threads(exported, predict, tmp_path):
    for texts in ('王伟', iter(['王伟']), {'王伟': 1}, None, [1]):
        with pytest.raises(predict.InputError, match='give a list of texts'):
            predict.Predictor(exported, threads=1)(texts)
    for threads in ('-1', '100000'):
        done = run(exported, tmp_path, exported / 'predict.py', '--threads', threads, '王伟')
        assert done.returncode == 2 and b'give a number from 0 to 1024' in done.stderr and not done.stdout


def test_an_argument_in_another_encoding(exported, tmp_path):
    strange = '王伟'.encode('gb18030').decode(errors='surrogateescape')
    done = run(exported, tmp_path, exported / 'predict.py', '甲', strange)
    assert done.returncode == 2 and b'not in utf-8; give it to stdin in UTF-8' in done.stderr and not done.stdout


def give_stdin(monkeypatch, given: bytes, terminal: bool = False) -> None:
    monkeypatch.setattr(sys, 'stdin', SimpleNamespace(buffer=io.BytesIO(given), isatty=lambda: terminal))


def test_byte_order_mark_and_line_ends_as_mmner_reads_them(predict, monkeypatch):
    lines = '\ufeff王伟\r\n\n\ufeffa\u2028b\rc\n \n'.encode()
    give_stdin(monkeypatch, lines)
    assert list(predict.read_stdin(False)) == [
        dict(text=text) for _, text in placed_lines(io.BytesIO(lines), 'stdin')]
    lines = '\ufeff{"text": "王伟"}\r\n\n\u3000\r\n{"text": ""}\n{"entities": [], "text": "\ufeff", "id": 7}'.encode()
    give_stdin(monkeypatch, lines)
    objects = json_objects(decoded_lines(io.BytesIO(lines), 'stdin'), 'stdin')
    assert list(predict.read_stdin(True)) == [dict(text='王伟'), dict(text=''), dict(text='\ufeff', id=7)] == [
        {key: value[key] for key in ('text', 'id') if key in value} for _, value in objects]


def test_a_terminal_is_answered_line_by_line(predict, monkeypatch):
    give_stdin(monkeypatch, b'a\nb\n', terminal=True)
    chunks = predict.stdin_chunks(False)
    assert [next(chunks), next(chunks)] == [[dict(text='a')], [dict(text='b')]]
    give_stdin(monkeypatch, b'a\nb\n')
    assert list(predict.stdin_chunks(False)) == [[dict(text='a'), dict(text='b')]]


@pytest.mark.parametrize('given, message', [
    (b'\xff', '`iconv -f gb18030 -t utf-8`'), (b'[1]', 'with "text"'), (b'{"text": 1}', '1}'),
    (b'[' * 200_000, 'with "text"'), (b'{"text": "a", "text": "b"}', 'each key once')])
def test_a_line_that_cannot_be_read(given, message, exported, tmp_path):
    done = run(exported, tmp_path, exported / 'predict.py', '--jsonl', input=b'{"text": "a"}\n\n%s\n' % given)
    error = done.stderr.decode()
    assert done.returncode == 1 and error.startswith('error: stdin:3: ') and message in error
    assert error.count('\n') == 1 and [json.loads(line)['text'] for line in done.stdout.splitlines()] == ['a']


def test_a_model_that_is_not_there(exported, tmp_path):
    done = run(exported, tmp_path, exported / 'predict.py', 'a', '--model', 'absent.onnx')
    assert done.returncode == 2 and b'--model absent.onnx: no such file in' in done.stderr


@pytest.mark.parametrize('name, kept', [
    ('config.json', None), ('config.json', 100), ('tokenizer.model', None), ('tokenizer.model', 100),
    ('model.onnx', 0), ('model.onnx', 100)])
def test_a_file_that_is_missing_or_cut(name, kept, exported, tmp_path):
    folder = shutil.copytree(exported, tmp_path / 'cut')
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    if kept is not None:
        (folder / name).write_bytes(content[:kept])
    done = run(folder, tmp_path, folder / 'predict.py', 'a')
    error = done.stderr.decode()
    assert done.returncode == 1 and error.startswith(f'error: {folder / name}: cannot be read (')
    assert error.endswith('; export the folder again\n') and error.count('\n') == 1


def test_a_reader_that_leaves_early(exported, tmp_path):
    link_packages(tmp_path)
    command = f'yes 王伟在北京大学 | head -n 20000 | "{sys.executable}" -S "{exported}/predict.py" | head -n 1'
    done = subprocess.run(command, shell=True, capture_output=True, env={**os.environ, 'PYTHONPATH': str(tmp_path)})
    assert done.stdout.count(b'\n') == 1 and done.stderr == b''


def test_ctrl_c(exported, tmp_path):
    link_packages(tmp_path)
    process = subprocess.Popen([sys.executable, '-S', exported / 'predict.py'], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env={**os.environ, 'PYTHONPATH': str(tmp_path)})
    process.stdin.write(b'a\n' * 1024)
    process.stdin.flush()
    assert process.stdout.readline()        # it reads on
    process.send_signal(signal.SIGINT)
    assert process.communicate()[1] == b'error: interrupted\n' and process.returncode == 130


def test_windows_are_those_of_training(predict):
    for num_tokens in range(11, 60):
        for overlap in range(9):
            for own, expected in zip(predict.windows(num_tokens, 10, overlap), windows(num_tokens, 10, overlap),
                                     strict=True):
                assert own.tolist() == expected.tolist()
