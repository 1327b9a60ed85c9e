import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmner.models.encoders import BertEncoder
from mmner.models.heads.base import BasePretrainingHead
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError

IS_NEXT, IS_OTHER = range(2)        # as in BERT's files


@MODELS.register_module()
class NextSentenceHead(BasePretrainingHead):
    """Guess from the first token whether the second text of a pair follows the first: linear, tanh, linear.

    Source: https://arxiv.org/abs/1810.04805

    Args:
        encoder (BertEncoder): Whose vectors it reads.
    """
    names = {'bert': dict(pooler='bert.pooler.dense', classifier='cls.seq_relationship')}

    def __init__(self, *, encoder: BertEncoder, init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        self.pooler = nn.Linear(encoder.hidden_size, encoder.hidden_size)
        self.classifier = nn.Linear(encoder.hidden_size, 2)

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, H) vectors of the first tokens to (N, 2) logits."""
        return self.classifier(self.pooler(hidden).tanh())

    def logits(self, hidden: Tensor, batch: PackedBatch) -> Tensor:
        """(T, H) token vectors to (N, 2); a pair is one sequence."""
        if batch.samples[0].is_next is None:
            raise InputError('NextSentenceHead: the samples are no pairs; use NextSentenceDataset and JoinSentencePair '
                             'in the config, or leave this head out')
        return self(hidden.index_select(0, batch.cu_seqlens[:-1]))

    def loss(self, hidden: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        classes = [IS_NEXT if sample.is_next else IS_OTHER for sample in batch.samples]
        return dict(loss_nsp=F.cross_entropy(self.logits(hidden, batch), torch.tensor(classes, device=hidden.device)))

    def num_terms(self, batch: PackedBatch) -> int:
        return len(batch.samples)

    def predict(self, hidden: Tensor, batch: PackedBatch) -> None:
        for sample, guess in zip(batch.samples, self.logits(hidden, batch).argmax(dim=1).tolist(), strict=True):
            sample.next_is_correct = sample.is_next == (guess == IS_NEXT)
