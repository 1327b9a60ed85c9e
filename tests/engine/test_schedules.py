"""Learning rates of a run, by hand."""
import math

import pytest
from mmengine.config import Config
from mmengine.hooks import Hook

from mmner.cli.config import load_config
from mmner.engine import NERRunner
from tests.runs import ROOT, write_config


class Rates(Hook):
    """Keeps the rate of every step."""

    def __init__(self):
        self.seen: list[float] = []

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        self.seen.append(runner.optim_wrapper.get_lr()['lr'][0])


def rates_of(config_file: str, folder) -> list[float]:
    """The rates of a run of 8 steps an epoch under the schedule of a config, as shares of the highest."""
    config = load_config(str(write_config(folder)))
    config.param_scheduler = Config.fromfile(ROOT / config_file).param_scheduler
    config.merge_from_dict(dict(work_dir=str(folder / 'run'), train_cfg=dict(max_epochs=6, val_interval=6)))
    runner, rates = NERRunner.from_cfg(config), Rates()
    runner.register_hook(rates)
    runner.train()
    return [rate / 1e-3 for rate in rates.seen]


def test_cosine(tmp_path):
    rates = rates_of('configs/techniques/e5-small_efficient_global_pointer_cosine_cluener_6e.py', tmp_path)
    warm_up = [0.01 + 0.99 * step / 7 for step in range(8)]
    fall = [(1 + math.cos(math.pi * step / 40)) / 2 for step in range(40)]
    assert rates == pytest.approx(warm_up + fall, rel=1e-6)
    assert rates[8 + 20] == pytest.approx(0.5), 'half of it after half of the fall'


def test_linear(tmp_path):
    rates = rates_of('configs/bert_softmax/e5-small_softmax_cluener_6e.py', tmp_path)
    warm_up = [0.01 + 0.99 * step / 7 for step in range(8)]
    assert rates == pytest.approx(warm_up + [1 - step / 39 for step in range(40)], rel=1e-6)
