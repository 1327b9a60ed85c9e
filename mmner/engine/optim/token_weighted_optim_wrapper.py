from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.optim import OptimWrapper
from torch import Tensor, nn

from mmner.engine.model_wrappers import unwrapped
from mmner.registry import OPTIM_WRAPPERS
from mmner.utils import InputError


@OPTIM_WRAPPERS.register_module()
class TokenWeightedOptimWrapper(OptimWrapper):
    """Gradient accumulation that equals one large batch.

    A loss is a mean over the units of its batch (over its tokens in MMOCR's way). mmengine adds the gradients of
    `accumulative_counts` batches and divides by their number, so a unit of a short batch weighs more than one of a
    long batch. Here each batch, on each rank, weighs as much as it has terms in its loss: `num_terms` of the
    decoder, or of the head of a pre-training, which may have one task alone.
    The last update of a run may have fewer batches; it is right as well.

    The arguments are those of mmengine's OptimWrapper. The division by the number of terms costs no pass over the
    gradients where their norm is clipped, which multiplies them anyway.
    """

    def __init__(self, *, optimizer: torch.optim.Optimizer, accumulative_counts: int = 1,
                 clip_grad: dict | None = None):
        super().__init__(optimizer, accumulative_counts, clip_grad)
        self.clips_norm = clip_grad is not None and self.grad_name == 'grad_norm'
        if self.clips_norm:
            self.clip_func = self.average_and_clip
        self.batch_terms = 0            # of the batch whose loss comes next
        self.update_terms = 0           # of the batches since the last update

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Encloses a forward pass in training, after which the model knows its number of terms."""
        with super().optim_context(model):
            yield
        self.batch_terms = unwrapped(model).num_terms
        if self.batch_terms is None:
            raise InputError("TokenWeightedOptimWrapper: the losses of several tasks have no common number of terms; "
                             "train them with optim_wrapper=dict(type='OptimWrapper')")

    def scale_loss(self, loss: Tensor) -> Tensor:
        """A mean to a sum."""
        self.update_terms += self.batch_terms
        return loss * self.batch_terms

    def step(self, **kwargs) -> None:
        if not self.clips_norm:
            gradients = [parameter.grad for parameter in self.parameters() if parameter.grad is not None]
            torch._foreach_mul_(gradients, self.averaging_factor())
        super().step(**kwargs)
        self.update_terms = 0

    def parameters(self) -> list[nn.Parameter]:
        return [parameter for group in self.optimizer.param_groups for parameter in group['params']]

    def averaging_factor(self) -> Tensor:
        """The scalar that turns the gradient of the sum, which the ranks have averaged, into that of the mean."""
        terms = torch.full((), float(self.update_terms), device=self.parameters()[0].device)
        all_reduce(terms)
        return get_world_size() / terms.clamp(min=1)

    def average_and_clip(self, parameters: list[nn.Parameter], max_norm: float, **kwargs) -> Tensor:
        """`clip_grad_norm_` of the mean's gradient, given the sum's: one multiplication does both."""
        gradients = [parameter.grad for parameter in parameters]
        factor = self.averaging_factor()
        norm = torch.nn.utils.get_total_norm(gradients, **kwargs) * factor
        torch._foreach_mul_(gradients, factor * (max_norm / (norm + 1e-6)).clamp(max=1))
        return norm
