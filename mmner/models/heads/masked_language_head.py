import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmner.models.encoders import BertEncoder
from mmner.models.heads.base import BasePretrainingHead
from mmner.models.layers import ACTIVATIONS
from mmner.registry import MODELS
from mmner.structures import PackedBatch


@MODELS.register_module()
class MaskedLanguageHead(BasePretrainingHead):
    """Guess the masked tokens: linear, activation, LayerNorm, and the encoder's word embedding as the last layer.

    In the batch the masked tokens are the units, and `unit_ids` what stood there. Shapes: M masked tokens, V words.

    Source: https://arxiv.org/abs/1810.04805

    Args:
        encoder (BertEncoder): Whose vectors it reads and whose word embedding it shares.
    """
    names = {
        'bert': dict(dense='cls.predictions.transform.dense', norm='cls.predictions.transform.LayerNorm',
                     bias='cls.predictions.bias'),
        'xlm-roberta': dict(dense='lm_head.dense', norm='lm_head.layer_norm', bias='lm_head.bias'),
        'electra': dict(dense='generator_predictions.dense', norm='generator_predictions.LayerNorm',
                        bias='generator_lm_head.bias'),
        'albert': dict(dense='predictions.dense', norm='predictions.LayerNorm', bias='predictions.bias'),
    }

    def __init__(self, *, encoder: BertEncoder, init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        words, architecture = encoder.embeddings.word, encoder.architecture
        self.shared = [words]               # in a list: the encoder owns it, the state dict holds it once
        self.activation = architecture['activation']
        self.dense = nn.Linear(encoder.hidden_size, words.embedding_dim)
        self.norm = nn.LayerNorm(words.embedding_dim, eps=architecture['layer_norm_eps'])
        self.bias = nn.Parameter(torch.zeros(words.num_embeddings))

    def forward(self, hidden: Tensor) -> Tensor:
        """(M, H) to (M, V) logits."""
        hidden = self.norm(ACTIVATIONS[self.activation](self.dense(hidden)))
        return F.linear(hidden, self.shared[0].weight, self.bias)

    def surprisals(self, hidden: Tensor, batch: PackedBatch) -> tuple[Tensor, Tensor]:
        """(T, H) token vectors to (M, V) logits and (M,) -log of the right token's probability."""
        logits = self(hidden.index_select(0, batch.unit_to_token))
        return logits, F.cross_entropy(logits, batch.unit_ids, reduction='none')

    def loss(self, hidden: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        _, surprisals = self.surprisals(hidden, batch)
        return dict(loss_mlm=surprisals.sum() / max(batch.num_units, 1))        # chance may mask nothing

    def num_terms(self, batch: PackedBatch) -> int:
        return batch.num_units

    def predict(self, hidden: Tensor, batch: PackedBatch) -> None:
        logits, surprisals = self.surprisals(hidden, batch)
        is_correct = (logits.argmax(dim=1) == batch.unit_ids).cpu()
        borders, surprisals = batch.cu_units.tolist(), surprisals.detach().double().cpu()
        for sample, start, end in zip(batch.samples, borders[:-1], borders[1:], strict=True):
            sample.num_masked = end - start
            sample.num_correct = int(is_correct[start:end].sum())
            sample.surprisal = float(surprisals[start:end].sum())
