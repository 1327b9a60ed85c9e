import shutil

import pytest

from mmner.export import INT8_MODEL, Outcome, check_f1, f1, first_difference, run_folder, write_int8
from mmner.structures import Entity
from mmner.utils import InputError

TEXTS = ['王伟', '李明在北京', '他']


def outcome(name: str, *found: list[Entity]) -> Outcome:
    return Outcome(name, list(found), speed=1.0, megabytes=1.0)


def test_first_difference_by_hand():
    expected = outcome('PyTorch', [Entity('name', 0, 2, 0.9)], [Entity('name', 0, 2, 0.9)], [])
    same = outcome('ONNX', [Entity('name', 0, 2, 0.8)], [Entity('name', 0, 2, 0.9)], [])
    other = outcome('int8', [Entity('name', 0, 2, 0.8)], [Entity('address', 3, 5, 0.9)], [Entity('name', 0, 1, 0.5)])
    assert first_difference(TEXTS, expected, same) is None
    assert first_difference(TEXTS, expected, other) == (
        "int8: 2 of 3 texts differ from PyTorch; the first is 2, '李明在北京': lost name '李明' [0, 2), "
        "added address '北京' [3, 5)")


def test_tolerance_holds_in_both_directions():
    gold = [[Entity('name', 0, 2)], [Entity('name', 0, 2)], []]
    half = outcome('ONNX', [Entity('name', 0, 2)], [], [])
    assert f1(gold, half.found) == pytest.approx(2 / 3)         # precision 1, recall 1/2
    check_f1(0.667, half, 2 / 3, 0.001)
    for expected in (0.66, 0.68):
        with pytest.raises(InputError, match='F1 0.6667 instead of'):
            check_f1(expected, half, 2 / 3, 0.001)


def test_int8_is_smaller_and_near(exported, inferencer, small_model, tmp_path):
    folder = shutil.copytree(exported, tmp_path / 'exported')
    write_int8(folder)
    texts = [line.split('"')[3] for line in
             (small_model.parent / 'train.json').read_text(encoding='utf8').splitlines()]
    found = run_folder(folder, 'int8', INT8_MODEL, texts, threads=1)
    gold = [prediction.entities for prediction in inferencer(texts)]
    assert f1(gold, found.found) > 0.9
    assert found.megabytes < 0.5 * (folder / 'model.onnx').stat().st_size / 1e6


def test_failing_script_is_named(exported, tmp_path):
    folder = shutil.copytree(exported, tmp_path / 'exported')
    (folder / 'model.onnx').write_bytes(b'no model')
    with pytest.raises(InputError, match='ONNX float32: the exported predict.py fails'):
        run_folder(folder, 'ONNX float32', 'model.onnx', TEXTS, threads=1)
