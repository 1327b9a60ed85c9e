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


@pytest.mark.parametrize(('is_supported', 'expected'), [(True, math.inf), (False, 0.0)])
def test_a_gpu_is_asked(monkeypatch, is_supported, expected):
    """Whether it has units for bfloat16; torch also says yes where it emulates them."""
    monkeypatch.setattr(torch.cuda, 'is_bf16_supported', lambda including_emulation: is_supported)
    assert bfloat16_speedup('cuda:1') == expected and bfloat16_speedup('mps') == math.inf
