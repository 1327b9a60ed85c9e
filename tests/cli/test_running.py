from mmner.cli.config import load_config
from mmner.cli.running import build_runner
from mmner.engine import NERRunner
from tests.runs import write_config


def test_a_config_that_names_no_runner_runs_as_the_others(tmp_path):
    config = load_config(str(write_config(tmp_path)))
    config.work_dir = str(tmp_path / 'run')
    config.pop('runner_type')
    assert type(build_runner(config)) is NERRunner
