from torch import Tensor, nn

from mmner.models.objectives.distillation import Distillation
from mmner.models.objectives.r_drop import RDrop
from mmner.registry import MODELS
from mmner.structures import PackedBatch


@MODELS.register_module()
class RDropDistillation(Distillation):
    """`Distillation` in which the student passes twice, as in `RDrop`.

    The loss is the mean of both passes' losses from gold and from the teachers, plus how far the passes differ. The
    teachers pass once.

    Args:
        alpha (float): Weight of the difference; above 0.
        kwargs: Arguments of `Distillation`.
    """

    def __init__(self, *, alpha: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.r_drop = RDrop(alpha=alpha)

    def __call__(self, model: nn.Module, batch: PackedBatch) -> dict[str, Tensor]:
        lesson = self.lesson(model, batch)
        return self.r_drop.agreeing(*(self.taught_pass(model, batch, lesson) for _ in range(2)),
                                    model.decoder.num_terms(batch))
