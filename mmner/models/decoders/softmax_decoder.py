from torch import Tensor, nn

from mmner.models.decoders.base import BaseTaggingDecoder
from mmner.registry import MODELS
from mmner.structures import Entity, PackedBatch


@MODELS.register_module()
class SoftmaxDecoder(BaseTaggingDecoder):
    """Tag every unit on its own: dropout, one linear layer, argmax.

    Args:
        hidden_size (int): H, the width of the encoder.
        tag_scheme (dict): Config of the tag scheme; it fixes K.
        loss_module (dict): Config of the loss over (U, K) logits.
        dropout (float): Probability of zeroing a hidden value.
    """

    def __init__(self, *, hidden_size: int, tag_scheme: dict, loss_module: dict | None = None, dropout: float = 0.1,
                 init_cfg: dict | None = None):
        super().__init__(tag_scheme=tag_scheme, init_cfg=init_cfg)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(hidden_size, self.tag_scheme.num_tags)
        self.loss_module = MODELS.build(loss_module or dict(type='CrossEntropyLoss'))

    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) unit vectors to (U, K) tag logits."""
        return self.classifier(self.dropout(hidden))

    def loss(self, hidden: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        return dict(loss_tag=self.loss_module(self(hidden), self.targets(batch)))

    def predict(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        scores, tags = self(hidden).float().softmax(dim=-1).max(dim=-1)         # both (U,)
        return self.entities(batch, tags, scores)
