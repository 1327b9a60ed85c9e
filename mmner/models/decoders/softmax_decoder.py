import numpy as np
from torch import Tensor, nn

from mmner.models.decoders.base import BaseTaggingDecoder
from mmner.models.decoders.valid_tags import ValidTags
from mmner.models.layers import Dropout
from mmner.registry import MODELS
from mmner.structures import Entity, PackedBatch


@MODELS.register_module()
class SoftmaxDecoder(BaseTaggingDecoder):
    """Tag every unit on its own: dropout, one linear layer, the most probable tags that the scheme allows.

    Args:
        hidden_size (int): H, the width of the encoder.
        tag_scheme (dict): Config of the tag scheme; it fixes K.
        loss_module (dict, optional): Config of the loss over (U, K) logits; None: CrossEntropyLoss.
        dropout (float): Probability of zeroing a hidden value.
    """

    def __init__(self, *, hidden_size: int, tag_scheme: dict, loss_module: dict | None = None, dropout: float = 0.1,
                 init_cfg: dict | None = None):
        super().__init__(tag_scheme=tag_scheme, init_cfg=init_cfg)
        self.dropout = Dropout(dropout)
        self.classifier = nn.Linear(hidden_size, self.tag_scheme.num_tags)
        self.valid_tags = ValidTags(self.tag_scheme)
        self.loss_module = self.build_loss(loss_module, 'CrossEntropyLoss')

    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) unit vectors to (U, K) tag logits."""
        return self.classifier(self.dropout(hidden))

    def loss_of(self, decisions: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        return dict(loss_tag=self.loss_module(decisions, self.targets(batch)))

    def predict(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        log_probs = self.log_probs(hidden)
        return self.decode_tags(batch, log_probs, self.valid_tags(log_probs, batch.cu_units))

    def score_gold(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        return self.decode_tags(batch, self.log_probs(hidden), self.gold_tags(batch))

    def log_probs(self, hidden: Tensor) -> Tensor:
        """(U, K), the one copy to the host."""
        return self(hidden).detach().float().log_softmax(dim=-1).cpu()

    def decode_tags(self, batch: PackedBatch, log_probs: Tensor, tags: Tensor) -> list[list[Entity]]:
        """(U, K) log probabilities and (U,) tag ids to the entities of each sample."""
        spans = self.tag_scheme.decode(tags.numpy(), batch.cu_units.numpy())    # (E, 3)
        probs = log_probs.gather(1, tags[:, None]).squeeze(1).double().exp()    # (U,)
        return self.entities(batch, spans, product_over_units(probs.numpy(), spans))


def product_over_units(probs: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """(U,) probability of each unit's tag and (E, 3) spans to (E,): that all tags of a span are right."""
    factors = np.append(probs, 1.0)             # the 1 is where the last span may end
    return np.multiply.reduceat(factors, spans[:, 1:].ravel())[::2]
