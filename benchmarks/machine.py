"""What the numbers were measured on and with."""
import platform
import re
import subprocess
import time
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import torch
import torch.nn.functional as F

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ('torch', 'transformers', 'onnxruntime', 'mmengine')


def matmul_rate(dtype: torch.dtype, device: str, repeats: int = 10) -> float:
    """GFLOP/s of the two products of BERT-base's feed-forward: the most that a model made of them can reach."""
    rows = dict(cpu=2560, cuda=32768)[device]
    seconds, operations = 0.0, 0
    for inner, outer in ((768, 3072), (3072, 768)):
        left = torch.randn(rows, inner, device=device).to(dtype)
        right = torch.randn(outer, inner, device=device).to(dtype)
        F.linear(left, right)
        seconds += median(timed(left, right, device) for _ in range(repeats))
        operations += 2 * rows * inner * outer
    return operations / seconds / 1e9


def timed(left: torch.Tensor, right: torch.Tensor, device: str) -> float:
    begin = now(device)
    F.linear(left, right)
    return now(device) - begin


def now(device: str) -> float:
    if device == 'cuda':
        torch.cuda.synchronize()
    return time.perf_counter()


def describe(device: str) -> dict:
    """Processor, versions, date and commit."""
    return dict(
        processor=torch.cuda.get_device_name() if device == 'cuda' else cpu_model(),
        versions=dict(python=platform.python_version(), **{name: installed(name) for name in PACKAGES}),
        date=datetime.now(timezone.utc).date().isoformat(),
        commit=subprocess.run(['git', 'describe', '--always', '--dirty'], cwd=ROOT, capture_output=True,
                              text=True).stdout.strip() or None)


def cpu_model() -> str:
    """The processor's name and which instructions it has for products of bfloat16."""
    file = Path('/proc/cpuinfo')
    text = file.read_text() if file.is_file() else ''
    name = re.search(r'^model name\s*: (.*)', text, re.M)
    units = [title for flag, title in (('amx_bf16', 'AMX'), ('avx512_bf16', 'AVX-512 BF16')) if flag in text]
    return ', '.join([name[1].strip() if name else platform.processor() or platform.machine(), *units[:1]])


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
