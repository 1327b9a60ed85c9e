"""Which checkpoint of a work dir to go on from, and which to use."""
import re
from pathlib import Path


def latest_checkpoint(work_dir: str) -> str | None:
    """The last whole checkpoint of a run, `epoch_N.pth` or `iter_N.pth`; None when there is none yet.

    It is the one that mmengine has noted, since an earlier, longer run may have left higher numbers, else the highest.
    """
    written = numbered(work_dir, r'(?:epoch|iter)_(\d+)\.pth')
    note = Path(work_dir, 'last_checkpoint')
    noted = Path(work_dir, Path(note.read_text(encoding='utf8').strip()).name) if note.is_file() else None
    return str(noted if noted in written else max(written, key=written.get)) if written else None


def chosen_checkpoint(work_dir: str | Path) -> Path | None:
    """The newest of those that were the best so far, where the config keeps them, else the last; None without any."""
    best = best_checkpoints(work_dir)
    if best:
        return max(best, key=lambda file: (file.stat().st_mtime_ns, best[file]))
    last = latest_checkpoint(str(work_dir))
    return Path(last) if last else None


def best_checkpoints(work_dir: str | Path) -> dict[Path, int]:
    """Those that were the best so far, and the epoch or iteration of each."""
    return numbered(work_dir, r'best_.+_(?:epoch|iter)_(\d+)\.pth')


def numbered(work_dir: str | Path, name: str) -> dict[Path, int]:
    """The files whose names match a pattern, and the number in it."""
    return {file: int(match[1]) for file in Path(work_dir).glob('*.pth') if (match := re.fullmatch(name, file.name))}
