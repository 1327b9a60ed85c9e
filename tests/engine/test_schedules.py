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


def rates_of(config_file: str, folder, epochs: int = 6, batch_size: int = 8) -> list[float]:
    """The rates of a run on 60 sentences under the schedule of a config, as shares of the highest."""
    config = load_config(str(write_config(folder)))
    config.param_scheduler = Config.fromfile(ROOT / config_file).param_scheduler
    config.merge_from_dict(dict(
        work_dir=str(folder / 'run'), train_cfg=dict(max_epochs=epochs, val_interval=epochs),
        train_dataloader=dict(batch_size=batch_size)))
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


@pytest.mark.parametrize(('batch_size', 'steps'), [(60, 1), (30, 2), (20, 3)])
def test_a_warm_up_of_less_than_two_steps_is_left_out(tmp_path, capsys, batch_size, steps):
    """Of one step, it would leave the rate at a hundredth for the whole run."""
    rates = rates_of('configs/_base_/schedules/adamw_5e.py', tmp_path, epochs=4, batch_size=batch_size)
    rest = 4 * steps - steps // 2 - 1
    assert rates == pytest.approx([1] * (steps // 2) + [1 - step / rest for step in range(rest + 1)])
    reason = f'LinearLR is left out of param_scheduler: with {steps} steps an epoch in 4 epochs it would '
    assert reason in capsys.readouterr().out


def test_one_epoch_is_all_warm_up(tmp_path, capsys):
    rates = rates_of('configs/_base_/schedules/adamw_small_6e.py', tmp_path, epochs=1)
    assert rates == pytest.approx([0.01 + 0.99 * step / 7 for step in range(8)], rel=1e-6)
    assert 'PolyLR is left out of param_scheduler: with 8 steps an epoch in 1 epochs it' in capsys.readouterr().out


def test_the_schedule_is_as_long_as_the_run(tmp_path):
    rates = rates_of('configs/_base_/schedules/adamw_small_6e.py', tmp_path, epochs=3)
    assert rates[8:] == pytest.approx([1 - step / 15 for step in range(16)], rel=1e-6)
