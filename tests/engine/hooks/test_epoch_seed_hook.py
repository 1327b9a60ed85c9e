from pathlib import Path
from types import SimpleNamespace

import torch
from torch import distributed

from mmner.engine.hooks import EpochSeedHook
from tests.runs import fork_ranks


def drawn(seed: int, epoch: int) -> list[float]:
    torch.rand(1)
    EpochSeedHook().before_train_epoch(SimpleNamespace(seed=seed, epoch=epoch))
    return torch.rand(3).tolist()


def draw_rank(rank: int, folder: Path) -> None:
    distributed.init_process_group('gloo', f'file://{folder}/meeting', rank=rank, world_size=2)
    torch.save(drawn(1, 2), folder / f'{rank}.pth')
    distributed.barrier()
    distributed.destroy_process_group()


def test_seed_epoch_and_process_decide(tmp_path):
    fork_ranks(draw_rank, tmp_path)
    first, second = (torch.load(tmp_path / f'{rank}.pth') for rank in range(2))
    assert first == drawn(1, 2) == drawn(1, 2)
    assert len({*map(tuple, (first, second, drawn(1, 3), drawn(2, 2)))}) == 4
