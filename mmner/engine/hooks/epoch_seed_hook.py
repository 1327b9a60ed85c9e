from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import set_random_seed
from numpy.random import SeedSequence

from mmner.registry import HOOKS


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Draw each epoch's random numbers from the seed of the run, the number of the epoch and that of the process.

    So a run that goes on where it was stopped has the dropout that it would have had, not that of its first epoch, and
    two processes that train together do not drop the same. The workers of a dataloader are seeded from it
    (`NERRunner`), persistent ones once. A loop over iterations has no epochs, and draws on.
    """

    def before_train_epoch(self, runner) -> None:
        seed, = SeedSequence([runner.seed, runner.epoch, get_rank()]).generate_state(1)
        set_random_seed(int(seed))
