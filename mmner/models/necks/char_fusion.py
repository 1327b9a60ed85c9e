import torch
from torch import Tensor, nn

from mmner.models.layers import Dropout
from mmner.models.necks.base import BaseNeck
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError


@MODELS.register_module()
class CharFusionNeck(BaseNeck):
    """Tell the characters of one SentencePiece token apart.

    A unit's vector is made of its token's vector, its own word embedding (that of the encoder, shared) and a learned
    vector for its place in the token, concatenated, through linear, GELU and LayerNorm.

    Args:
        hidden_size (int): H.
        embedding_size (int): Width of the encoder's word embedding.
        num_places (int): Places told apart; the last stands for all later ones.
        place_size (int): Width of the place vectors.
        dropout (float): Probability of zeroing a value of the outcome.

    Raises:
        InputError: The encoder's word embedding has another width.
    """

    def __init__(self, *, hidden_size: int, embedding_size: int, num_places: int = 4, place_size: int = 64,
                 dropout: float = 0.1, init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        self.embedding_size = embedding_size
        self.last_place = num_places - 1
        self.place = nn.Embedding(num_places, place_size)
        self.fuse = nn.Sequential(
            nn.Linear(hidden_size + embedding_size + place_size, hidden_size), nn.GELU(), nn.LayerNorm(hidden_size),
            Dropout(dropout))

    def attach(self, encoder: nn.Module) -> None:
        width = encoder.embeddings.word.embedding_dim
        if width != self.embedding_size:
            raise InputError(f'CharFusionNeck: embedding_size={self.embedding_size}, but the word vectors of the '
                             f'encoder have {width} values; give embedding_size={width}')
        self.shared = [encoder.embeddings.word]     # in a list: the encoder owns it, the state dict holds it once

    def forward(self, tokens: Tensor, batch: PackedBatch) -> Tensor:
        of_token = tokens.index_select(0, batch.unit_to_token)                  # (U, H)
        of_unit = self.shared[0](batch.unit_ids)                                # (U, embedding size)
        of_place = self.place(batch.unit_places.clamp(max=self.last_place))     # (U, place size)
        return self.fuse(torch.cat([of_token, of_unit.to(of_token.dtype), of_place.to(of_token.dtype)], dim=1))
