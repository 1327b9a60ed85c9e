"""Early stopping as the config that shows it sets it."""
import pytest
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook

from mmner.cli.config import load_config
from mmner.datasets.readers import CLUENERReader
from mmner.engine import NERRunner
from mmner.registry import DATASETS, METRICS
from tests.runs import ROOT, forked_tool, write_config

CONFIG = 'configs/techniques/e5-small_efficient_global_pointer_early-stopping_cluener_20e.py'


@METRICS.register_module()
class GivenF1(BaseMetric):
    """Says the values that it was given, one after the other."""
    default_prefix = 'span'

    def __init__(self, values: list[float]):
        super().__init__()
        self.values = iter(values)

    def process(self, data_batch, data_samples) -> None:
        self.results.append(None)

    def compute_metrics(self, results: list) -> dict[str, float]:
        return dict(f1=next(self.values))


@pytest.fixture
def runner(tmp_path):
    """The function that makes a small run of as many epochs as there are values of F1, behind those of `resume`."""
    def made(*values: float, resume: int = 0, work_dir: str = 'run', **changes) -> NERRunner:
        shown, config = load_config(str(ROOT / CONFIG)), load_config(str(write_config(tmp_path)))
        config.merge_from_dict(dict(
            work_dir=str(tmp_path / work_dir), custom_hooks=shown.custom_hooks,
            train_cfg=dict(max_epochs=resume + len(values))))
        if resume:
            config.merge_from_dict(dict(load_from=str(tmp_path / f'run/epoch_{resume}.pth'), resume=True) | changes)
        config.default_hooks.checkpoint = dict(shown.default_hooks.checkpoint, max_keep_ckpts=-1)
        config.train_dataloader.dataset.indices = 8
        config.val_evaluator = dict(type='mmner.GivenF1', values=list(values))
        return NERRunner.from_cfg(config)
    return made


def test_stops_when_three_epochs_bring_no_better_f1(runner, tmp_path):
    run = runner(0.1, 0.5, 0.4, 0.45, 0.5, 0.9)
    run.train()
    assert run.epoch == 5
    written = {file.name for file in (tmp_path / 'run').glob('*.pth')}
    assert written == {f'epoch_{epoch}.pth' for epoch in range(1, 6)} | {'best_span_f1_epoch_2.pth'}


def test_goes_on_while_f1_rises(runner):
    run = runner(0.1, 0.2, 0.1, 0.1, 0.3, 0.2, 0.2)
    run.train()
    assert run.epoch == 7


def test_a_resumed_run_remembers(runner):
    """The best is that of the second epoch, and one killed after the fourth has waited for two."""
    runner(0.1, 0.5, 0.4, 0.45).train()
    for done, values in ((4, [0.5, 0.3, 0.2]), (5, [0.9, 0.9])):         # stopped, it stays so
        run = runner(*values, resume=done)
        run.train()
        assert run.epoch == 5
    run = runner(0.5, 0.3, resume=4, work_dir='other')
    run.train()
    assert run.epoch == 5
    run = runner(0.5, resume=5, load_from=None)                         # the last of the work dir
    run.train()
    assert run.epoch == 5
    run = runner(0.1, 0.2, resume=2)                                    # from a checkpoint before
    run.train()
    assert run.epoch == 4
    run = runner(0.1, 0.1, 0.1)                                         # a new run in the same work dir
    run.train()
    assert run.epoch == 3


class Kill(Hook):
    def before_val(self, runner) -> None:
        raise KeyboardInterrupt


def test_a_new_run_in_a_used_work_dir_begins_anew(runner):
    """Also one that is killed before its first validation and goes on."""
    runner(0.9).train()
    run = runner(0.1)
    run.register_hook(Kill())
    with pytest.raises(KeyboardInterrupt):
        run.train()
    run = runner(0.1, 0.2, 0.3, 0.4, resume=1)
    run.train()
    assert run.epoch == 5


def test_a_validation_alone_stops_nothing(runner, tmp_path):
    run = runner(0.5)
    assert run.val() == {'span/f1': 0.5}
    assert not (tmp_path / 'run/early_stopping.json').exists()


def test_a_test_reads_no_training_file(runner, tmp_path):
    run = runner(0.5, 0.4)
    (tmp_path / 'train.json').unlink()
    assert run.test()['span/gold'] > 0


def test_the_best_checkpoint_can_be_tested(runner, tmp_path):
    run = runner(0.5, 0.4)
    run.train()
    file = tmp_path / 'small.py'
    file.write_text(f'{file.read_text()}\ncustom_hooks = {run.cfg.custom_hooks}\n')
    done = forked_tool('test.py', file, tmp_path / 'run/best_span_f1_epoch_1.pth', '--work-dir', tmp_path / 'test')
    assert done.returncode == 0 and '| all' in done.stdout, done.stderr


def test_stops_by_sentences_that_are_neither_trained_on_nor_tested(shared):
    config = load_config(str(ROOT / CONFIG))
    texts = []
    for split in ('train', 'val', 'test'):
        dataset = config[f'{split}_dataloader'].dataset
        built = DATASETS.build(dict(
            type='mmner.NERDataset', data_root=str(shared / 'data/cluener'), ann_file=dataset.ann_file, pipeline=[],
            indices=dataset.get('indices'), categories=dataset.categories, reader=dict(type='CLUENERReader')))
        texts.append([built.get_data_info(index)['text'] for index in range(len(built))])
    assert [len(split) for split in texts] == [9748, 1000, 1343]
    every = [entry['text'] for entry in CLUENERReader()(str(shared / 'data/cluener/train.json'))]
    assert texts[0] + texts[1] == every
