from mmengine.dist import all_gather_object
from mmengine.hooks import Hook

from mmner.registry import HOOKS
from mmner.structures import NERDataSample
from mmner.utils import InputError
from mmner.visualization.visualizer import NERVisualizer


@HOOKS.register_module()
class NERVisualizationHook(Hook):
    """Show some samples after every validation, the same each time: `vis_data/val_epoch_3.html` in the run's folder.

    Needs `visualizer=dict(type='NERVisualizer', ...)`.

    Args:
        interval (int): Of the validation set the samples 0, interval, 2 * interval, ... are shown.
        max_samples (int): How many at most.
    """

    def __init__(self, *, interval: int = 10, max_samples: int = 50):
        if interval < 1 or max_samples < 1:
            raise InputError(f'NERVisualizationHook: interval={interval}, max_samples={max_samples}; both are at '
                             'least 1')
        self.interval = interval
        self.max_samples = max_samples

    def before_run(self, runner) -> None:
        if not isinstance(runner.visualizer, NERVisualizer):
            raise InputError(f'NERVisualizationHook cannot use the visualizer {type(runner.visualizer).__name__}; set '
                             "visualizer=dict(type='NERVisualizer') in the config")

    def before_val_epoch(self, runner) -> None:
        self.samples = []

    def after_val_iter(self, runner, batch_idx: int, data_batch=None,
                       outputs: list[NERDataSample] | None = None) -> None:
        self.samples += [sample for sample in outputs if sample.index % self.interval == 0
                         and sample.index < self.interval * self.max_samples]

    def after_val_epoch(self, runner, metrics: dict[str, float] | None = None) -> None:
        samples = {sample.index: sample for samples in all_gather_object(self.samples) for sample in samples}
        name, step = ('val_epoch', runner.epoch) if runner.log_processor.by_epoch else ('val_iter', runner.iter)
        runner.visualizer.add_datasamples(name, [samples[index] for index in sorted(samples)], step)
