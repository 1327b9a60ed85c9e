import sys
from pathlib import Path

import pytest
import torch

from tests import simulated_device
from tests.runs import forked


def run_tests(file: str) -> None:
    sys.exit(pytest.main(['-q', '-p', 'no:xdist', file]))


@pytest.mark.skipif(torch.cuda.is_available(), reason='test_cuda.py runs on the GPU')
def test_no_operation_mixes_the_cpu_and_another_device():
    """`test_cuda.py` in a process of its own: a device can only be added before the first backward pass."""
    tests = forked(run_tests, str(Path(__file__).with_name('test_cuda.py')), MMNER_TEST_DEVICE=simulated_device.NAME)
    assert tests.returncode == 0 and ' passed' in tests.stdout, tests.stdout[-3000:]
