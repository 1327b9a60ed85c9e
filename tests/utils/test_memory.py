import resource
import sys
from collections.abc import Callable

import pytest
import torch

from mmner.utils.memory import keep_freed_memory
from tests.runs import forked


def write_and_free(setting: Callable | None) -> None:
    """64 MiB again and again: a process that keeps its memory soon asks for no new page. Prints for how many."""
    if setting:
        setting()
    for _ in range(20):
        torch.ones(2 ** 24)
    before = faults()
    for _ in range(10):
        torch.ones(2 ** 24)
    print(faults() - before)


def faults() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def page_faults(setting: Callable | None) -> int:
    done = forked(write_and_free, setting)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != 'linux', reason='glibc only')
def test_freed_memory_is_used_again():
    kept = page_faults(keep_freed_memory)
    assert kept < 1000
    assert page_faults(None) > 10 * max(kept, 100)
