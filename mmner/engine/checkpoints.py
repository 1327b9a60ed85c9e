"""Which checkpoint of a work dir to go on from, and which to use."""
import re
from pathlib import Path


def latest_checkpoint(work_dir: str) -> str | None:
    """The last whole checkpoint of a run, `epoch_N.pth` or `iter_N.pth`; None when there is none yet."""
    written = [(int(match[1]), str(file)) for file in Path(work_dir).glob('*.pth')
               if (match := re.fullmatch(r'(?:epoch|iter)_(\d+)\.pth', file.name))]
    return max(written)[1] if written else None


def chosen_checkpoint(work_dir: str | Path) -> Path | None:
    """The newest of those that were the best so far, where the config keeps them, else the last; None without any."""
    best = max(Path(work_dir).glob('best_*.pth'), key=lambda file: int(re.findall(r'\d+', file.stem)[-1]), default=None)
    last = latest_checkpoint(str(work_dir))
    return best or (Path(last) if last else None)
