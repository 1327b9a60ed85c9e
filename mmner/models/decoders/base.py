from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmner.registry import MODELS, TAG_SCHEMES
from mmner.structures import Entity, PackedBatch
from mmner.structures.tag_schemes import checked_categories, without_overlaps
from mmner.structures.units import Stretches, stretches_of, unit_spans_to_entities
from mmner.utils import InputError


class BaseDecoder(BaseModule, ABC):
    """From unit vectors to a loss and to entities.

    Args:
        categories (Sequence[str]): The labels of entities; a category index points into them.

    Attributes:
        reads_tokens (bool): Whether it wants (T, H) token vectors, which a model without a neck gives.
        finds_fragments (bool): Whether it finds discontinuous entities.

    Raises:
        InputError: No categories, or one of them twice.
    """
    reads_tokens = False
    finds_fragments = False

    def __init__(self, *, categories: Sequence[str], init_cfg: dict | None = None):
        super().__init__(init_cfg=init_cfg)
        self.categories = checked_categories(categories)
        self.category_index = {category: index for index, category in enumerate(self.categories)}

    def build_loss(self, config: dict | None, default: str) -> nn.Module:
        """The loss module of a config; None: the default.

        Raises:
            InputError: It says in `target_kind` that it reads other targets than the default.
        """
        loss, wanted = MODELS.build(config or dict(type=default)), MODELS.get(default).target_kind
        kind = getattr(loss, 'target_kind', wanted)
        if kind != wanted:
            fitting = [name for name, part in MODELS.module_dict.items() if getattr(part, 'target_kind', '') == wanted]
            raise InputError(f'{type(self).__name__}: {type(loss).__name__} reads {kind}, but this decoder gives '
                             f'{wanted}; use one of {", ".join(fitting)}')
        return loss

    @abstractmethod
    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) unit vectors to (U, F) values, each unit for itself; what brings units together comes after."""

    @abstractmethod
    def loss(self, hidden: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        """(U, H) unit vectors and the batch with its gold to named losses."""

    @abstractmethod
    def predict(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        """(U, H) unit vectors to the entities of each sample, in offsets and with scores."""

    @abstractmethod
    def score_gold(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        """(U, H) unit vectors and the batch with its gold to the gold entities of each sample, in offsets, with scores.

        The score is the one that `predict` gives the entity where it finds it. Gold that `predict` can never find, such
        as what overlaps where each unit has one tag, is left out. Borders are those of whole units.
        """

    @property
    @abstractmethod
    def scope(self) -> str:
        """The entities that it can find, in words."""

    @abstractmethod
    def findable(self, entities: list[tuple[int, Stretches]], cu_units: Tensor) -> set[tuple[int, Stretches]]:
        """What `predict` gives if it decides all as these entities, in the form of `gold_entities`, want it.

        An entity of them that is not there is lost, however well the model learns.
        """

    def num_terms(self, batch: PackedBatch) -> int:
        """Over how many terms the loss of the batch averages: its weight among other batches."""
        return batch.num_units

    def gold_spans(self, batch: PackedBatch) -> np.ndarray:
        """(E, 3) rows (category index, first unit, end unit), units counted over the batch; they may overlap.

        Discontinuous entities are left out.
        """
        return contiguous(self.gold_entities(batch))

    def gold_entities(self, batch: PackedBatch) -> list[tuple[int, Stretches]]:
        """All entities of a batch: category index and stretches, units counted over the batch."""
        return self.over_batch([sample.unit_spans for sample in batch.samples], batch.cu_units)

    def over_batch(self, unit_spans: Sequence[list[tuple]], cu_units: Tensor) -> list[tuple[int, Stretches]]:
        """The unit spans of S samples, whose units begin at (S + 1,) `cu_units`, in the form of `gold_entities`."""
        try:
            return [(self.category_index[span[0]],
                     tuple((first + shift, end + shift) for first, end in stretches_of(span)))
                    for spans, shift in zip(unit_spans, cu_units.tolist(), strict=False) for span in spans]
        except KeyError as error:
            raise InputError(f'category {error} of the data is not among those of the decoder: '
                             f'{", ".join(self.categories)}; give both the same `categories`') from error

    def entities(self, batch: PackedBatch, spans: np.ndarray, scores: np.ndarray) -> list[list[Entity]]:
        """(E, 3) spans as those of `gold_spans`, in any order, and (E,) scores to the entities of each sample."""
        order = np.lexsort((spans[:, 0], spans[:, 2], spans[:, 1]))
        spans, scores, cu_units = spans[order], scores[order], batch.cu_units.numpy()
        borders = np.searchsorted(spans[:, 1], cu_units)
        return [unit_spans_to_entities(spans[begin:end] - [0, shift, shift], self.categories, scores[begin:end],
                                       sample.unit_offsets)
                for sample, shift, begin, end in zip(batch.samples, cu_units, borders, borders[1:], strict=False)]


def contiguous(entities: list[tuple[int, Stretches]]) -> np.ndarray:
    """(E, 3) rows (category index, first unit, end unit) of those entities, as `gold_entities` gives them, that are one
    stretch.
    """
    rows = [(category, *stretches[0]) for category, stretches in entities if len(stretches) == 1]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def as_entities(spans: np.ndarray) -> set[tuple[int, Stretches]]:
    """(E, 3) rows as those of `contiguous` to the form of `gold_entities`."""
    return {(category, ((first, end),)) for category, first, end in spans.tolist()}


class ComparableDecoder(BaseDecoder):
    """A decoder whose decisions in training can be held against those of another pass or of another model.

    The loss comes in two steps, so that one pass gives the decisions and the losses.
    """

    @property
    @abstractmethod
    def decision_kind(self) -> str:
        """What it decides, in words. Where two decoders agree in it, they decide the same of a batch, in one order."""

    @abstractmethod
    def decide(self, hidden: Tensor, batch: PackedBatch):
        """(U, H) unit vectors to what `loss_of` and `choice_logits` read, in a form of the decoder's own."""

    @abstractmethod
    def loss_of(self, decisions, batch: PackedBatch) -> dict[str, Tensor]:
        """What `decide` gave and the batch with its gold to named losses."""

    @abstractmethod
    def choice_logits(self, decisions) -> Tensor:
        """What `decide` gave to (D, C) logits: the softmax over C choices in each of D decisions."""

    def loss(self, hidden: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        return self.loss_of(self.decide(hidden, batch), batch)


class BaseTaggingDecoder(ComparableDecoder):
    """What every decoder that gives each unit a tag shares: targets from gold, entities from tags.

    Args:
        tag_scheme (dict): Config of the tag scheme; it fixes K and the categories.
    """

    def __init__(self, *, tag_scheme: dict, init_cfg: dict | None = None):
        scheme = TAG_SCHEMES.build(tag_scheme)
        super().__init__(categories=scheme.categories, init_cfg=init_cfg)
        self.tag_scheme = scheme

    @property
    def decision_kind(self) -> str:
        return f'tags {", ".join(self.tag_scheme.tags)}'

    def decide(self, hidden: Tensor, batch: PackedBatch) -> Tensor:
        """(U, K) tag logits."""
        return self(hidden)

    def choice_logits(self, decisions: Tensor) -> Tensor:
        return decisions

    @property
    def scope(self) -> str:
        return f'what the tags of {type(self.tag_scheme).__name__} hold: {self.tag_scheme.scope}'

    def findable(self, entities: list[tuple[int, Stretches]], cu_units: Tensor) -> set[tuple[int, Stretches]]:
        tags = self.tag_scheme.encode(contiguous(entities), int(cu_units[-1]))
        return as_entities(self.tag_scheme.decode(tags, cu_units.numpy()))

    def targets(self, batch: PackedBatch) -> Tensor:
        """(U,) gold tag ids on the device of the batch."""
        tags = self.tag_scheme.encode(self.gold_spans(batch), batch.num_units)
        return torch.from_numpy(tags).to(batch.input_ids.device, non_blocking=True)

    def gold_tags(self, batch: PackedBatch) -> Tensor:
        """(U,) tag ids, on the CPU, of gold without overlaps, whatever the scheme's targets make of them."""
        spans = self.gold_spans(batch)
        return torch.from_numpy(self.tag_scheme.encode(spans[without_overlaps(spans)], batch.num_units))
