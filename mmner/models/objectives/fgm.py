from mmner.models.objectives.pgd import PGD
from mmner.registry import MODELS
from mmner.utils import InputError


@MODELS.register_module()
class FGM(PGD):
    """Fast gradient method, `PGD` of one step: the loss, and that where the word embedding is moved to make it worse.

    The embedding's weight as a whole moves by `epsilon` along its gradient g, epsilon * g / |g|, the form common for
    named entities; the source moves the embedded words of each text. A step takes two passes forward and two and a
    half backward, and the memory of two.

    Source: https://arxiv.org/abs/1605.07725

    Args:
        epsilon (float): Euclidean norm of the step; above 0.
    """

    def __init__(self, *, epsilon: float = 1.0):
        if epsilon <= 0:
            raise InputError(f'FGM: epsilon={epsilon} is not above 0; leave `objective` out to train without it')
        super().__init__(epsilon=epsilon, step_size=epsilon, num_steps=1)
