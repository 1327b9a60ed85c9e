import torch
from torch import Tensor, nn

from mmner.models.layers import Dropout
from mmner.models.necks.base import BaseNeck
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.structures.lexicon_features import PLACES, sorted_tags, tags_key
from mmner.utils import InputError


@MODELS.register_module()
class LexiconNeck(BaseNeck):
    """Add to each unit's vector what a lexicon tells about it: its places in words, and the tags of these words.

    Each pair of a tag and a place (begin, middle, end, single) has a learned vector; those of a unit are summed and
    concatenated to its own, and a linear layer brings that back to H. The words themselves have no vectors, so words
    that are added to the lexicon after training count like those that training has seen.

    Source: SoftLexicon, https://aclanthology.org/2020.acl-main.528/, which has vectors of words instead of tags.

    Args:
        neck (dict): Config of the neck that brings tokens to units.
        hidden_size (int): H, of the vectors that come and those that go.
        tags (Sequence[str]): The tags of the lexicon, as `MatchLexicon` has them. Their weights bear their names, so
            a checkpoint fits the same tags in any order and no others.
        feature_size (int): Width of the learned vectors.
        dropout (float): Probability of zeroing a value of the outcome.

    Raises:
        InputError: A tag cannot be one; in `forward`, the batch comes from no `MatchLexicon`, or from one with other
            tags.
    """

    def __init__(self, *, neck: dict, hidden_size: int, tags, feature_size: int = 64, dropout: float = 0.1,
                 init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        self.neck = MODELS.build(neck)
        tags = sorted_tags(tags)
        self.key = tags_key(tags)
        self.features = nn.ParameterDict({      # a prefix, since a tag may be called as a method is
            f'tag_{tag}': torch.randn(len(PLACES), feature_size) for tag in tags})
        self.fuse = nn.Sequential(nn.Linear(hidden_size + feature_size, hidden_size), Dropout(dropout))

    def attach(self, encoder: nn.Module) -> None:
        self.neck.attach(encoder)

    def forward(self, tokens: Tensor, batch: PackedBatch) -> Tensor:
        units = self.neck(tokens, batch)                                                    # (U, H)
        return self.fuse(torch.cat([units, self.of_units(batch).to(units.dtype)], dim=1))

    def of_units(self, batch: PackedBatch) -> Tensor:
        """The summed features of each unit, (U, feature size)."""
        if batch.lexicon_key != self.key:
            found = 'has no MatchLexicon' if batch.lexicon_key is None else 'has a MatchLexicon with other tags'
            raise InputError(f'LexiconNeck: the pipeline {found}; give both the same tags in the config, MatchLexicon '
                             'behind Tokenize')
        features = torch.cat(list(self.features.values()))                                  # (tags * places, size)
        sums = features.new_zeros(batch.num_units, features.shape[1])
        return sums.index_add(0, batch.lexicon_units, features.index_select(0, batch.lexicon_ids))
