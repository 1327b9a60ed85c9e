"""Small runs of the real tools, for tests."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def write_config(folder: Path, **changes: str) -> Path:
    """A config that learns 60 sentences of the sample corpus in seconds; `changes` are lines appended to it.

    Args:
        folder: Where to put the config and its data.
        changes: Name = Python expression, e.g. `val_evaluator="dict(style='mmocr')"`.
    """
    for split, count in (('train', 60), ('dev', 21)):
        lines = (ROOT / f'mmner/datasets/sample/{split}.json').read_text(encoding='utf8').split('\n')
        (folder / f'{split}.json').write_text('\n'.join(lines[:count]) + '\n', encoding='utf8')
    config = folder / 'small.py'
    config.write_text('\n'.join([
        f'_base_ = {str(ROOT / "configs/bert_softmax/bert-tiny_softmax_sample_5e.py")!r}',
        'model = dict(encoder=dict(hidden_size=32, num_heads=2, intermediate_size=64), decoder=dict(hidden_size=32))',
        'train_cfg = dict(max_epochs=3)',
        *(f'{split}_dataloader = dict(batch_size=8, dataset=dict(data_root={str(folder)!r}))'
          for split in ('train', 'val', 'test')),
        'default_hooks = dict(logger=dict(interval=1), checkpoint=dict(max_keep_ckpts=-1))',
        *(f'{name} = {value}' for name, value in changes.items())]) + '\n')
    return config


def tool(name: str, *arguments, **options) -> subprocess.CompletedProcess:
    """Run `tools/<name>` as a user would, from the project's root."""
    return subprocess.run([sys.executable, f'tools/{name}', *map(str, arguments)], cwd=ROOT, capture_output=True,
                          text=True, timeout=300, **options)
