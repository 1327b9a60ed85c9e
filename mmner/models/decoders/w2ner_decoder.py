from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mmner.models.decoders.base import BaseDecoder
from mmner.models.decoders.relation_chains import FIRST_CATEGORY, NEXT_UNIT, Chain, chains_of, gold_chains, relations_of
from mmner.models.layers import Dropout, PairConvolutions, PairFeatures, UnitWindows
from mmner.registry import MODELS
from mmner.structures import Entity, PackedBatch
from mmner.structures.entity import joined
from mmner.structures.units import Stretches, stretches_to_entity
from mmner.utils import InputError

PAIRS_AT_ONCE = 2 ** 15         # in prediction


@MODELS.register_module()
class W2NERDecoder(BaseDecoder):
    """Classify the relation of each pair of units: none, the next unit of an entity, or its last and first unit.

    The second kind is for each category; see `relation_chains` for how entities follow, which may nest, overlap and be
    discontinuous. A pair has one relation: of gold entities with the same first and last unit but another category,
    the first in the order of `categories` is learnt. An entity's score is the product of the probabilities of all its
    relations, one for each of its units, so it falls with the length.

    Logits of a pair: a biaffine product of the two units, plus a layer over the pair's features, which convolutions
    over the grid of all pairs bring together. The paper's LSTM is `LSTMNeck`.

    Pairs are looked at in windows of `max_length` units, see `UnitWindows`; memory and time of a long text grow
    with its units. In a text of more than `max_length` units, an entity of more than `max_length // 2` from its first
    to its last is neither learnt nor found for certain.

    Source: Li et al. 2022, https://arxiv.org/abs/2112.10070

    Args:
        hidden_size (int): H, the width of the encoder.
        categories (Sequence[str]): The K labels of entities.
        channels (int): Values of a pair in each convolution.
        dilations (Sequence[int]): Dilation of each convolution.
        place_size (int): Width of the embeddings of distances and regions.
        head_size (int): D, the width of the two sides of the biaffine product.
        max_length (int): Units looked at together.
        max_chains (int): Entities at most with the same first and last unit, the most probable.
        loss_module (dict, optional): Config of the loss over (P, K + 2) logits of P pairs; None: CrossEntropyLoss.
        dropout (float): Probability of zeroing a hidden value, one of a side, and one of a pair's features.

    Raises:
        InputError: `max_length` is below 2, `max_chains` or `head_size` below 1, or there are no `dilations`.
    """

    finds_fragments = True

    def __init__(self, *, hidden_size: int, categories: Sequence[str], channels: int = 96,
                 dilations: Sequence[int] = (1, 2, 3), place_size: int = 20, head_size: int = 150,
                 max_length: int = 128, max_chains: int = 16, loss_module: dict | None = None, dropout: float = 0.1,
                 init_cfg: dict | None = None):
        super().__init__(categories=categories, init_cfg=init_cfg)
        if max_length < 2 or max_chains < 1 or head_size < 1 or not dilations:
            raise InputError(f'W2NERDecoder: max_length={max_length}, max_chains={max_chains}, head_size={head_size}, '
                             f'dilations={dilations}; the first is at least 2, the next two at least 1, and there is '
                             'at least one dilation')
        num_classes = FIRST_CATEGORY + len(self.categories)
        self.head_size, self.max_length, self.max_chains = head_size, max_length, max_chains
        self.sizes = [hidden_size, channels, hidden_size, num_classes * (head_size + 1), head_size]
        self.dropout = Dropout(dropout)
        self.left, self.right = (nn.Sequential(nn.Linear(hidden_size, head_size), nn.GELU(), Dropout(dropout))
                                 for _ in range(2))
        self.biaffine = nn.Linear(head_size, num_classes * (head_size + 1))
        self.features = PairFeatures(hidden_size=hidden_size, channels=channels, place_size=place_size)
        self.feature_dropout = Dropout(dropout)
        self.convolutions = PairConvolutions(channels=channels, dilations=dilations)
        width = channels * len(dilations)
        self.classifier = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, num_classes))
        self.loss_module = self.build_loss(loss_module, 'CrossEntropyLoss')

    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) to (U, F): what `PairFeatures` needs of a unit, then the two sides of the biaffine product."""
        hidden = self.dropout(hidden)
        return torch.cat([*self.features.units(hidden), self.biaffine(self.left(hidden)), self.right(hidden)], dim=1)

    def scores(self, values: Tensor, windows: UnitWindows) -> Tensor:
        """(U, F) from `forward` to the (R, L, L, K + 2) float32 logits of the pairs in R windows."""
        gains, shifts, normalised, left, right = windows.rows(values).split(self.sizes, dim=2)
        pairs = self.feature_dropout(self.features(gains, shifts, normalised))
        pairs = self.convolutions(pairs, windows.inside().to(values.device, non_blocking=True))
        weights, biases = left.unflatten(2, (-1, self.head_size + 1)).split([self.head_size, 1], dim=3)
        products = weights.flatten(1, 2) @ right.mT                                         # (R, L * (K + 2), L)
        products = products.unflatten(1, weights.shape[1:3]) + biases                       # (R, L, K + 2, L)
        return products.mT.float() + self.classifier(pairs).float()

    def loss(self, hidden: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        """The mean over pairs."""
        windows = UnitWindows.of(batch.cu_units, self.max_length)
        scores, pairs = self.scores(self(hidden), windows), windows.pairs()
        targets = self.targets(batch, windows)[pairs].to(scores.device, non_blocking=True)
        return dict(loss_relation=self.loss_module(scores[pairs.to(scores.device, non_blocking=True)], targets))

    def num_terms(self, batch: PackedBatch) -> int:
        return int(UnitWindows.of(batch.cu_units, self.max_length).pairs().sum())

    def targets(self, batch: PackedBatch, windows: UnitWindows) -> Tensor:
        """(R, L, L) classes of the pairs, on the CPU."""
        kind, row, unit, other = indices_in(windows, one_for_each_pair(relations_of(self.gold_entities(batch)))).T
        targets = np.zeros((len(windows), windows.length, windows.length), np.int64)
        targets[row, unit, other] = kind
        return torch.from_numpy(targets)

    @property
    def scope(self) -> str:
        return (f'entities of at most max_length // 2 = {self.max_length // 2} units from first to last where a text '
                f'has more than {self.max_length}; of the same first and last unit the first category')

    def findable(self, entities: list[tuple[int, Stretches]], cu_units: Tensor) -> set[tuple[int, Stretches]]:
        windows = UnitWindows.of(cu_units, self.max_length)
        indices = torch.from_numpy(indices_in(windows, one_for_each_pair(relations_of(entities))))
        relations = in_batch(windows, indices[windows.pairs()[indices[:, 1:].unbind(1)]])
        chains = chains_of(relations.numpy(), np.ones(len(relations)), self.max_chains)
        return {(chain.category, joined((unit, unit + 1) for unit in chain.units)) for chain in chains}

    def predict(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        relations, probs = self.relations(
            hidden, batch, lambda scores, some: self.select(scores, some.pairs().to(scores.device)))
        return self.chain_entities(batch, chains_of(relations, probs, self.max_chains))

    def score_gold(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        """Also discontinuous gold, but none with a relation between units that no window holds."""
        gold = self.gold_entities(batch)
        wanted = np.unique(relations_of(gold), axis=0)
        relations, probs = self.relations(hidden, batch, lambda scores, some: self.select_gold(scores, some, wanted))
        return self.chain_entities(batch, gold_chains(gold, relations, probs))

    def relations(self, hidden: Tensor, batch: PackedBatch,
                  select: Callable[[Tensor, UnitWindows], tuple[Tensor, Tensor]]) -> tuple[np.ndarray, np.ndarray]:
        """(E, 3) rows (class, unit, unit) and (E,) probabilities of what `select` takes of the scores of windows."""
        values, relations, probs = self(hidden).detach(), [], []
        for some in UnitWindows.of(batch.cu_units, self.max_length).groups(PAIRS_AT_ONCE):
            indices, found = select(self.scores(values, some).detach(), some)
            relations += in_batch(some, indices.cpu()).tolist()
            probs += found.tolist()
        return np.array(relations, np.int64).reshape(-1, 3), np.array(probs)

    def chain_entities(self, batch: PackedBatch, chains: Iterable[Chain]) -> list[list[Entity]]:
        """Units counted over the batch to the entities of each sample."""
        cu_units = batch.cu_units.tolist()
        entities = [[] for _ in batch.samples]
        for category, units, prob in chains:
            index = bisect_right(cu_units, units[0]) - 1
            begin = cu_units[index]
            stretches = joined((unit - begin, unit - begin + 1) for unit in units)
            entities[index].append(stretches_to_entity(self.categories[category], stretches, prob,
                                                       batch.samples[index].unit_offsets))
        return entities

    def select(self, scores: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """The relations that can be part of an entity.

        A next unit lies behind, a first one does not lie behind the last.

        Args:
            scores (Tensor): (R, L, L, K + 2) from `scores`.
            pairs (Tensor): (R, L, L) bool, the pairs to look at.

        Returns:
            tuple: (E, 4) rows (class, window, unit, unit) and (E,) float64 probabilities.
        """
        best = scores.argmax(dim=3)                                                         # (R, L, L)
        forward = pairs.new_ones(pairs.shape[1:]).triu(1)
        row, unit, other = (pairs & torch.where(forward, best == NEXT_UNIT, best >= FIRST_CATEGORY)).nonzero().unbind(1)
        indices = torch.stack([best[row, unit, other], row, unit, other], dim=1)
        return indices, self.probs(scores, indices)

    def select_gold(self, scores: Tensor, windows: UnitWindows, gold: np.ndarray) -> tuple[Tensor, Tensor]:
        """Of (E, 3) relations those that the windows answer for, as `select` gives them."""
        indices = torch.from_numpy(indices_in(windows, gold))
        indices = indices[windows.pairs()[indices[:, 1:].unbind(1)]].to(scores.device)
        return indices, self.probs(scores, indices)

    def probs(self, scores: Tensor, indices: Tensor) -> Tensor:
        """(E,) float64 of (E, 4) rows (class, window, unit, unit)."""
        kind, row, unit, other = indices.unbind(1)
        return scores[row, unit, other].double().softmax(dim=1).gather(1, kind[:, None]).squeeze(1)


def one_for_each_pair(relations: np.ndarray) -> np.ndarray:
    """(E, 3) relations to those that training can want at once: of a pair of units the first class."""
    relations = np.unique(relations, axis=0)                                                # by class
    return relations[np.unique(relations[:, 1:], axis=0, return_index=True)[1]]


def in_batch(windows: UnitWindows, indices: Tensor) -> Tensor:
    """(F, 4) rows (class, window, unit, unit) to relations (class, unit, unit), units counted over the batch."""
    kind, row, unit, other = indices.unbind(1)
    return torch.stack([kind, windows.begins[row] + unit, windows.begins[row] + other], dim=1)


def indices_in(windows: UnitWindows, relations: np.ndarray) -> np.ndarray:
    """(E, 3) relations to (F, 4) rows (class, window, unit, unit), once for each window that holds both units."""
    kinds, units, others = relations.T
    begins, ends = windows.begins.numpy(), (windows.begins + windows.lengths).numpy()
    is_inside = (np.minimum(units, others) >= begins[:, None]) & (np.maximum(units, others) < ends[:, None])
    row, chosen = is_inside.nonzero()
    return np.stack([kinds[chosen], row, units[chosen] - begins[row], others[chosen] - begins[row]], axis=1)
