import math

import pytest
import torch

from mmner.utils.bfloat16 import bfloat16_speedup
from tests.runs import forked


def print_speedup() -> None:
    print(bfloat16_speedup('cpu'))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason='oneDNN only')
def test_a_processor_without_units_for_bfloat16_is_slower_in_it():
    done = forked(print_speedup, ONEDNN_MAX_CPU_ISA='AVX2')         # oneDNN then does without those of this one
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.5


def test_only_a_cpu_is_measured():
    assert bfloat16_speedup('cuda:1') == math.inf
