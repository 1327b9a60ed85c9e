from mmengine.hooks import Hook
from mmengine.runner import set_random_seed
from numpy.random import SeedSequence

from mmner.registry import HOOKS


@HOOKS.register_module()
class EpochSeedHook(Hook):
    """Draw each epoch's random numbers from the seed of the run and the number of the epoch.

    So a run that goes on where it was stopped has the dropout that it would have had, not that of its first epoch. The
    workers of a dataloader are seeded from it (`NERRunner`), persistent ones once. A loop over iterations has no
    epochs, and draws on.
    """

    def before_train_epoch(self, runner) -> None:
        seed, = SeedSequence([runner.seed, runner.epoch]).generate_state(1)
        set_random_seed(int(seed), diff_rank_seed=runner.cfg.get('randomness', {}).get('diff_rank_seed', False))
