from types import SimpleNamespace

import pytest

from mmner.cli.config import load_config
from mmner.cli.running import build_runner
from mmner.cli.train import main as train
from mmner.engine import NERRunner
from tests.runs import write_config


def test_a_config_that_names_no_runner_runs_as_the_others(tmp_path):
    config = load_config(str(write_config(tmp_path)))
    config.work_dir = str(tmp_path / 'run')
    config.pop('runner_type')
    assert type(build_runner(config)) is NERRunner


@pytest.fixture
def precision(tmp_path, monkeypatch, capsys):
    """By which precision a training would run that has these options, and what is said of it."""
    built = []
    runner = SimpleNamespace(train=lambda: None)
    monkeypatch.setattr('mmner.cli.train.build_runner', lambda config: built.append(config) or runner)
    config = write_config(tmp_path)

    def precision(*options: str) -> tuple[str, str]:
        assert train([str(config), *options]) == 0
        return built.pop().model.get('precision', 'float32'), capsys.readouterr().err

    return precision


@pytest.mark.parametrize(('speedup', 'expected'), [(1.8, 'bfloat16'), (0.444, 'float32')])
def test_amp_is_left_out_where_it_is_slower(precision, monkeypatch, speedup, expected):
    monkeypatch.setattr('mmner.utils.bfloat16.bfloat16_speedup', lambda device: speedup)
    chosen, said = precision('--amp')
    assert chosen == expected
    assert (said == '') == (expected == 'bfloat16')
    assert said.startswith('--amp: left out, ') and 'at 0.44 times the rate of float32; ' in said or not said
    assert precision('--amp', '--cfg-options', 'model.precision=bfloat16') == ('bfloat16', '')
    assert precision() == ('float32', '')
