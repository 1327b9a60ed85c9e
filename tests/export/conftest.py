from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from mmner.apis import NERInferencer
from mmner.export import write_folder
from mmner.export.folder import RUNTIME


@pytest.fixture(scope='session')
def onnx_packages() -> None:
    """What export needs, which requirements-export.txt lists."""
    for package in ('onnx', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(package)


@pytest.fixture(scope='session')
def predict(onnx_packages) -> ModuleType:
    """The script that stands in an exported folder, as a module. It puts what lies beside it on the path."""
    spec = spec_from_file_location('exported_predict', RUNTIME / 'predict.py')
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='session')
def inferencer(small_model) -> NERInferencer:
    return NERInferencer(small_model, device='cpu', precision='float32')


@pytest.fixture(scope='session')
def exported(onnx_packages, inferencer, tmp_path_factory) -> Path:
    """The folder of the small model."""
    folder = tmp_path_factory.mktemp('exported')
    write_folder(folder, inferencer.model, inferencer.pipeline[0])
    return folder
