from torch import nn

from mmner.engine.model_wrappers import unwrapped


def test_only_what_a_distributed_run_puts_around_is_taken_off():
    model = nn.Module()
    model.module = nn.Linear(1, 1)
    assert unwrapped(nn.DataParallel(model)) is model
    assert unwrapped(model) is model
