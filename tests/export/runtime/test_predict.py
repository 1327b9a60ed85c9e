"""The script of an exported folder against mmner's own path."""
import json
import os
import random
import shutil
import subprocess
import sys

import pytest

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
    by_arguments = run(exported, tmp_path, exported / 'predict.py', first, '', second)
    for done in (by_lines, by_arguments):
        assert not done.returncode, done.stderr
        found = [json.loads(line) for line in done.stdout.decode().splitlines()]
        for line, wanted in zip(found, expected, strict=True):
            assert line['text'] == wanted['text']
            assert [{**entity, 'score': pytest.approx(entity['score'], abs=1e-5)} for entity in wanted['entities']] == \
                line['entities']


@pytest.mark.parametrize('given, message', [(b'\xff', 'not UTF-8'), (b'[1]', 'with "text"'), (b'{"text": 1}', '1}')])
def test_unreadable_input_is_one_line(given, message, exported, tmp_path):
    done = run(exported, tmp_path, exported / 'predict.py', '--jsonl', input=given)
    assert done.returncode == 1 and message in done.stderr.decode() and len(done.stderr.splitlines()) == 1


def test_a_model_that_is_not_there(exported, tmp_path):
    done = run(exported, tmp_path, exported / 'predict.py', 'a', '--model', 'absent.onnx')
    assert done.returncode == 2 and b'--model absent.onnx: no such file in' in done.stderr


def test_a_reader_that_leaves_early(exported, tmp_path):
    link_packages(tmp_path)
    command = f'yes 王伟在北京大学 | head -n 20000 | "{sys.executable}" -S "{exported}/predict.py" | head -n 1'
    done = subprocess.run(command, shell=True, capture_output=True, env={**os.environ, 'PYTHONPATH': str(tmp_path)})
    assert done.stdout.count(b'\n') == 1 and done.stderr == b''


def test_windows_are_those_of_training(predict):
    for num_tokens in range(11, 60):
        for overlap in range(9):
            for own, expected in zip(predict.windows(num_tokens, 10, overlap), windows(num_tokens, 10, overlap),
                                     strict=True):
                assert own.tolist() == expected.tolist()
