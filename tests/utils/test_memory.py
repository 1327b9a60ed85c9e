import subprocess
import sys

import pytest

# 64 MiB are written and freed again and again: a process that keeps its memory soon asks for no new page.
CODE = '''
import resource
import torch
{setting}
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(2 ** 24)
before = faults()
for _ in range(10):
    torch.ones(2 ** 24)
print(faults() - before)
'''


def page_faults(setting: str) -> int:
    done = subprocess.run([sys.executable, '-c', CODE.format(setting=setting)], capture_output=True, text=True,
                          check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != 'linux', reason='glibc only')
def test_freed_memory_is_used_again():
    kept = page_faults('from mmner.utils.memory import keep_freed_memory; keep_freed_memory()')
    assert kept < 1000
    assert page_faults('') > 10 * max(kept, 100)
