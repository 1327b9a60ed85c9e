"""What training and testing share: arguments, config and the Runner built from it."""
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mmner.utils import InputError
from mmner.utils.opencv import import_cv2
from mmner.utils.work_dirs import chosen_checkpoint

# What starts the processes of each launcher, and a variable that it sets in them.
LAUNCHERS = dict(pytorch=('torchrun or tools/dist_*.sh', 'RANK'), slurm=('srun', 'SLURM_PROCID'),
                 mpi=('mpirun', 'OMPI_COMM_WORLD_LOCAL_RANK'))
AMP_HELP = 'compute in bfloat16, on CPU and CUDA; not on a CPU that is slower in it'


def add_config(parser: ArgumentParser) -> None:
    """A config, and what changes in it."""
    parser.add_argument('config', help='config file, or name of one that comes with mmner')
    parser.add_argument('--cfg-options', nargs='+', default=[], metavar='KEY=VALUE',
                        help='change values of the config, e.g. train_cfg.max_epochs=3')


def add_run(parser: ArgumentParser) -> None:
    """How it is run."""
    parser.add_argument('--work-dir', help='folder of logs and checkpoints; default: work_dirs/<config name>')
    parser.add_argument('--amp', action='store_true', help=AMP_HELP)
    parser.add_argument('--launcher', choices=('none', *LAUNCHERS), default='none',
                        help='what starts the processes of a distributed run')
    parser.add_argument('--local_rank', '--local-rank', type=int, help='set by the launcher')


def read_arguments(args: Namespace):
    """The config of a run.

    Raises:
        InputError: See `config_with_model`; also a launcher that has not started this process.
    """
    starter, variable = LAUNCHERS.get(args.launcher, ('', ''))
    if variable and variable not in os.environ:
        raise InputError(f'--launcher {args.launcher}: {variable} is not set; start the command with {starter}')
    config = config_with_model(args)
    if args.local_rank is not None:
        os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    config.work_dir = args.work_dir or config.get('work_dir') or f'work_dirs/{Path(args.config).stem}'
    config.launcher = args.launcher
    return config


def config_with_model(args: Namespace):
    """The config with `--cfg-options` and `--amp`.

    Raises:
        InputError: See `load_config` and `parse_options`; also a config without a model.
    """
    from mmner.cli.config import load_config  # mmengine loads after --help and usage errors
    from mmner.utils.config import require_model
    config = load_config(args.config, parse_options(args.cfg_options))
    require_model(config, args.config)
    if args.amp and config.model.get('precision') != 'bfloat16' and gains_by_bfloat16():
        config.model.precision = 'bfloat16'
    return config


def gains_by_bfloat16() -> bool:
    """Whether the device is faster in it than in float32; if not, a line on stderr says so."""
    from mmengine.device import get_device

    from mmner.utils.bfloat16 import bfloat16_speedup
    speedup = bfloat16_speedup(get_device())
    if speedup < 1:
        print('--amp: left out, since this processor has no units for bfloat16, or slow ones: it multiplies at '
              f'{speedup:.2f} times the rate of float32; --cfg-options model.precision=bfloat16 demands it',
              file=sys.stderr)
    return speedup >= 1


def checkpoint_file(name: str) -> str:
    """A checkpoint by its file, or by the work dir of its training.

    Raises:
        InputError: The folder holds none.
    """
    if not Path(name).is_dir():
        return name
    found = chosen_checkpoint(name)
    if found is None:
        raise InputError(f'{name}: this folder holds no checkpoint; give the work dir of a training, or a file')
    return str(found)


def parse_options(options: list[str]) -> dict:
    """`['a.b=1', 'c=[x,y]']` to values as mmengine's DictAction reads them.

    Raises:
        InputError: One is not KEY=VALUE, or its brackets do not pair.
    """
    from mmengine.config import DictAction
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument('--options', nargs='+', action=DictAction)
    values = {}
    for option in options:
        if '=' not in option:
            raise InputError(f'--cfg-options {option}: expected KEY=VALUE, e.g. train_cfg.max_epochs=3')
        try:
            values |= parser.parse_args([f'--options={option}']).options
        except AssertionError as error:
            raise InputError(f'--cfg-options {option}: its brackets do not pair; correct them, and quote the option '
                             'where the shell reads brackets') from error
    return values


def build_runner(config):
    """The Runner of a config; its dataloaders, loops and optimizer are built when it runs.

    Raises:
        InputError: Its `runner_type` is no NERRunner; also whatever the parts refuse.
    """
    import_cv2()
    from mmner.engine import NERRunner
    from mmner.registry import RUNNERS
    Path(config.work_dir).mkdir(parents=True, exist_ok=True)
    config.setdefault('runner_type', 'NERRunner')
    with RUNNERS.switch_scope_and_registry(config.get('default_scope')) as registry:
        runner_type = registry.get(config.runner_type)
    if runner_type and not issubclass(runner_type, NERRunner):
        raise InputError(f'runner_type={config.runner_type!r} is no NERRunner, whose checkpoints alone can be read '
                         "again; write 'NERRunner', or a class that inherits from it")
    return RUNNERS.build(config)


def leave_process_group() -> None:
    """End the talk between processes in order; gloo may abort one that ends while another still listens."""
    from torch import distributed
    if distributed.is_initialized():
        distributed.destroy_process_group()
