import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests import simulated_device


@pytest.mark.skipif(torch.cuda.is_available(), reason='test_cuda.py runs on the GPU')
def test_no_operation_mixes_the_cpu_and_another_device():
    """`test_cuda.py` in a process of its own: a device can only be added before the first backward pass."""
    tests = subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', '-p', 'no:xdist', str(Path(__file__).with_name('test_cuda.py'))],
        env=os.environ | dict(MMNER_TEST_DEVICE=simulated_device.NAME), capture_output=True, text=True, check=False)
    assert tests.returncode == 0 and ' passed' in tests.stdout, tests.stdout[-3000:]
