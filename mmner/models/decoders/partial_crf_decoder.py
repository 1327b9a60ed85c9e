from itertools import chain

import numpy as np
import torch
from torch import Tensor

from mmner.models.decoders.crf_decoder import CRFDecoder
from mmner.models.layers import UnitGrid
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.structures.units import Stretches
from mmner.utils import InputError

IMPOSSIBLE = -1e4       # log of the weight of a tag that gold rules out; -inf would have no gradient where paths meet


@MODELS.register_module()
class PartialCRFDecoder(CRFDecoder):
    """A CRF for texts that are annotated in part: where the tag is unknown, all that are possible count as right.

    The annotation marks a stretch that nobody has looked at as an entity of the label `unknown_label`. The loss is that
    of all paths that agree with the rest of the annotation, together. Entities inside such a stretch are known.

    Source: Bellare and McCallum 2007, Tsuboi et al. 2008, https://aclanthology.org/C08-1113/

    Args:
        unknown_label (str): Not one of the categories; `categories` of the training dataset must have it too.
        kwargs: Those of `CRFDecoder`.

    Raises:
        InputError: `unknown_label` is a category.
    """

    def __init__(self, *, unknown_label: str = 'unknown', **kwargs):
        super().__init__(**kwargs)
        if unknown_label in self.category_index:
            raise InputError(f'PartialCRFDecoder: unknown_label={unknown_label!r} is one of the categories; give it '
                             'another name')
        self.category_index[unknown_label] = len(self.categories)

    def gold_spans(self, batch: PackedBatch) -> np.ndarray:
        """Those of the categories."""
        spans = super().gold_spans(batch)
        return spans[spans[:, 0] < len(self.categories)]

    def findable(self, entities: list[tuple[int, Stretches]], cu_units: Tensor) -> set[tuple[int, Stretches]]:
        return super().findable([entity for entity in entities if entity[0] < len(self.categories)], cu_units)

    def possible_tags(self, batch: PackedBatch) -> Tensor:
        """(U, K) bool: may the unit have the tag, as far as gold tells? On the device of the batch."""
        tags = self.tag_scheme.encode(self.gold_spans(batch), batch.num_units)
        is_unknown = np.zeros(batch.num_units, dtype=bool)
        unknown = (stretches for category, stretches in self.gold_entities(batch) if category == len(self.categories))
        for first, end in chain.from_iterable(unknown):
            is_unknown[first:end] = tags[first:end] == self.tag_scheme.outside_id
        possible = (np.arange(self.tag_scheme.num_tags) == tags[:, None]) | is_unknown[:, None]
        # A known entity ends where it is said to. No tag goes on from one text to the next, so their border is no case.
        behind = np.flatnonzero(is_unknown[1:] & ~is_unknown[:-1]) + 1
        possible[behind] &= ~self.tag_scheme.goes_on[tags[behind - 1]]
        return torch.from_numpy(possible).to(batch.input_ids.device, non_blocking=True)

    def loss_of(self, decisions: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        """The negative log-likelihood of all paths that agree with gold, the mean over units."""
        grid = UnitGrid(batch.cu_units, decisions.device)
        emissions = grid.rows(decisions)                                                # (N, L, K)
        agreeing = emissions + IMPOSSIBLE * grid.rows(~self.possible_tags(batch))
        right, every = (self.log_sum(scores, grid.lengths).sum() for scores in (agreeing, emissions))
        return dict(loss_crf=(every - right) / max(batch.num_units, 1))
