"""mmengine's EMAHook with a model that keeps a copy of its encoder for testing."""
import pytest
import torch
from mmengine.hooks import Hook
from torch import Tensor

from mmner.cli.config import load_config
from mmner.engine import NERRunner
from mmner.models.weights import read_checkpoint
from mmner.utils import InputError
from tests.runs import write_config

MOMENTUM = 0.1


class Watch(Hook):
    """Keeps the weights after every step, and what the model computes of the first batch of each evaluation."""
    priority = 'HIGHEST'        # before EMAHook changes them

    def __init__(self):
        self.trained: list[dict[str, Tensor]] = []
        self.computed: list[Tensor] = []

    def before_train(self, runner) -> None:
        self.begins_with = copy_of(runner.model.state_dict())

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        self.trained.append(copy_of(runner.model.state_dict()))

    def after_val_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        if batch_idx == 0:
            self.computed.append(runner.model.extract(data_batch))
            self.batch = data_batch

    after_test_iter = after_val_iter


def copy_of(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in weights.items()}


def runner_of(folder, precision: str, epochs: int, **changes) -> tuple[NERRunner, Watch]:
    config = load_config(str(write_config(folder, train_cfg=f'dict(max_epochs={epochs})')))
    config.merge_from_dict(dict(work_dir=str(folder / 'run'), custom_hooks=[dict(type='EMAHook', momentum=MOMENTUM)],
                                param_scheduler=[]) | changes)
    config.model.precision = precision
    runner, watch = NERRunner.from_cfg(config), Watch()
    runner.register_hook(watch)
    return runner, watch


def averages(trained: list[dict[str, Tensor]]) -> list[dict[str, Tensor]]:
    """The exponential moving average after every step, by its formula."""
    found = [trained[0]]
    for weights in trained[1:]:
        found.append({name: (1 - MOMENTUM) * value + MOMENTUM * weights[name] for name, value in found[-1].items()})
    return found


def assert_same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    torch.testing.assert_close(dict(ours), dict(theirs), rtol=1e-5, atol=1e-6)


def differ(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> bool:
    return max((ours[name] - theirs[name]).abs().max().item() for name in ours) > 1e-3


@pytest.mark.parametrize('precision', ['float32', 'bfloat16'])
def test_validation_and_checkpoints_have_the_averaged_weights(tmp_path, precision):
    runner, watch = runner_of(tmp_path, precision, epochs=3)
    runner.train()
    assert len(watch.computed) == 3 and len(watch.trained) == 24
    averaged = averages(watch.trained)
    for epoch in (1, 2, 3):
        file = read_checkpoint(tmp_path / f'run/epoch_{epoch}.pth')
        assert_same(file['state_dict'], averaged[8 * epoch - 1])
        assert differ(file['state_dict'], watch.trained[8 * epoch - 1])
        runner.model.load_state_dict(file['state_dict'])
        with torch.no_grad(), torch.autocast('cpu', torch.bfloat16, enabled=precision == 'bfloat16'):
            assert torch.equal(runner.model.eval().extract(watch.batch), watch.computed[epoch - 1])
    assert not torch.equal(watch.computed[1], watch.computed[2])


def test_a_resumed_run_trains_the_weights_and_averages_the_average(tmp_path):
    first, before = runner_of(tmp_path, 'float32', epochs=1)
    first.train()
    second, after = runner_of(tmp_path, 'float32', epochs=2, resume=True, load_from=str(tmp_path / 'run/epoch_1.pth'))
    second.train()
    assert_same(after.begins_with, before.trained[-1])
    assert_same(read_checkpoint(tmp_path / 'run/epoch_2.pth')['state_dict'],
                averages(before.trained + after.trained)[-1])


def test_without_the_hook_no_run_goes_on(tmp_path):
    runner_of(tmp_path, 'float32', epochs=1)[0].train()
    plain, _ = runner_of(tmp_path, 'float32', epochs=2, custom_hooks=[], resume=True,
                         load_from=str(tmp_path / 'run/epoch_1.pth'))
    with pytest.raises(InputError, match='epoch_1.pth: is of a run with EMAHook, this config has none; add it, or'):
        plain.train()


def test_the_process_that_trains_may_evaluate_before_and_after(tmp_path):
    runner, watch = runner_of(tmp_path, 'float32', epochs=1)
    runner.test()
    runner.train()
    runner.val()
    runner.test()
    assert_same(read_checkpoint(tmp_path / 'run/epoch_1.pth')['state_dict'], averages(watch.trained)[-1])
    _, *computed = watch.computed
    assert len(computed) == 3 and all(torch.equal(vectors, computed[0]) for vectors in computed)


@pytest.mark.parametrize(('prefix', 'wrap'), [
    ('', lambda weights: weights), ('module.', lambda weights: dict(state_dict=weights)),
    ('', lambda weights: dict(model=weights))], ids=['bare', 'module', 'model'])
def test_weights_of_other_files_are_averages_too(tmp_path, prefix, wrap):
    """Else the hook would test weights by chance, without a word."""
    runner, _ = runner_of(tmp_path, 'float32', epochs=1)
    runner.call_hook('before_run')
    weights = {name: torch.randn_like(value) for name, value in runner.model.state_dict().items()}
    torch.save(wrap({f'{prefix}{name}': value for name, value in weights.items()}), tmp_path / 'weights.pth')
    runner.load_checkpoint(str(tmp_path / 'weights.pth'))
    runner.call_hook('before_test_epoch')
    assert_same(runner.model.state_dict(), weights)
