from argparse import ArgumentParser
from pathlib import Path

from mmner.cli.errors import one_line_errors
from mmner.cli.option_files import check_option_files
from mmner.cli.running import add_config, add_run, build_runner, checkpoint_file, read_arguments
from mmner.utils import InputError

DESCRIPTION = (
    'Make the scores of a model probabilities: fit one temperature on the val_dataloader of a config and store it with '
    'the checkpoint. No entity is changed, nor which of two is the surer. These must be texts that the model was not '
    'trained on; where they also chose the checkpoint, give others: --cfg-options '
    'val_dataloader.dataset.ann_file=FILE.')
EXAMPLE = ('example: %(prog)s configs/bert_softmax/bert-tiny_softmax_sample_5e.py '
           'work_dirs/bert-tiny_softmax_sample_5e/epoch_5.pth --out calibrated.pth')


@one_line_errors
def main(argv: list[str] | None = None, prog: str = 'python tools/analysis_tools/fit_temperature.py') -> int:
    """Fit the temperature of a checkpoint's scores and store it there."""
    parser = ArgumentParser(prog=prog, description=DESCRIPTION, epilog=EXAMPLE)
    add_arguments(parser)
    args = parser.parse_args(argv)
    args.checkpoint = checkpoint_file(args.checkpoint)
    out = Path(args.out or args.checkpoint)
    if out.suffix.lower() == '.safetensors':
        raise InputError(f'{out}: such a file holds tensors alone; give --out FILE.pth')
    config = read_arguments(args)
    from mmner.cli.config_data import annotation_files  # torch loads after --help and usage errors
    from mmner.models.weights import read_checkpoint, state_dict
    checkpoint = read_checkpoint(args.checkpoint)
    check_option_files({'--out': out}, [args.config, *annotation_files(config)])
    state_dict(checkpoint, args.checkpoint)     # refuses what is none
    checkpoint.pop('temperature', None)         # fitted twice it is the same
    metrics = measure(config, checkpoint, args)
    from mmengine.dist import is_main_process
    if is_main_process():
        write(checkpoint, metrics['temperature'], out)
        print(f'{metrics["predicted"]} entities, {metrics["correct"]} of them correct\n'
              f'expected calibration error {metrics["error"]:.4f}, at temperature {metrics["temperature"]:.4f} '
              f'{metrics["fitted_error"]:.4f}\nwritten to {out}')
    return 0


def add_arguments(parser: ArgumentParser) -> None:
    add_config(parser)
    parser.add_argument('checkpoint', help='checkpoint of mmner or MMOCR 0.x; of a work dir the best, else the last')
    parser.add_argument('--out', metavar='FILE', help='write the checkpoint with its temperature there; default: in '
                                                      'its place')
    add_run(parser)


def measure(config, checkpoint: dict, args) -> dict[str, float]:
    """What CalibrationMetric says of the model on the val dataset.

    Raises:
        InputError: The config has none, one for pretraining, or is wrong otherwise; the checkpoint does not fit; no
            temperature does.
    """
    from mmner.cli.config_data import require_entities
    from mmner.utils.config import config_mistakes
    if not config.get('val_dataloader'):
        raise InputError(f'{args.config}: has no val_dataloader; name there the texts to fit the temperature on')
    config.load_from, config.resume = None, False
    # A test, since validation may save a best checkpoint or stop a training.
    config.test_dataloader, config.test_cfg = config.val_dataloader, dict(type='TestLoop')
    config.test_evaluator = dict(type='CalibrationMetric')
    with config_mistakes(args.config):
        runner = build_runner(config)
        require_entities(runner.test_loop.dataloader.dataset, args.config)
        from mmner.engine.model_wrappers import unwrapped
        from mmner.models.checkpoint import load_model
        load_model(unwrapped(runner.model), checkpoint, args.checkpoint)
        metrics = {name.removeprefix('calibration/'): value for name, value in runner.test().items()}
    if 'temperature' not in metrics:
        raise InputError(f'val_dataloader of {args.config}: of {metrics["predicted"]} entities found '
                         f'{metrics["correct"]} are correct, to which no temperature brings their scores nearer; give '
                         'more texts, or a model that has learnt more')
    return metrics


def write(checkpoint: dict, temperature: float, out: Path) -> None:
    """Write the checkpoint with its temperature.

    Raises:
        InputError: It cannot be written.
    """
    from mmner.models.checkpoint import write_with_temperature
    try:
        write_with_temperature(checkpoint, temperature, out)
    except (OSError, RuntimeError) as error:
        raise InputError(f'{out}: cannot be written ({error}); give another --out') from error
