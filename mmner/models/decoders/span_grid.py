from abc import abstractmethod
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from mmner.models.decoders.span_base import BaseSpanDecoder
from mmner.models.layers import PairRows
from mmner.structures import Entity, PackedBatch

BLOCK_SIZE = 64                 # first units of a block
SCORES_AT_ONCE = 2 ** 21        # in prediction; what is held beside them is of like size


class BaseSpanGridDecoder(BaseSpanDecoder):
    """What every decoder that scores each pair of a first and a last unit shares.

    Only pairs of at most `max_width` units are scored, so an entity of more is neither learnt nor found. The memory of
    training and the time of both grow with the units; prediction scores pairs in blocks of bounded memory.

    Args:
        categories (Sequence[str]): The K labels of entities.
        max_width (int): Units of the longest entity.
        selection (dict): Config of what decides which of overlapping spans stay.
    """

    @abstractmethod
    def sides(self, values: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
        """What a unit gives to a pair as its first, (U, A...), and as its last, (U, B...).

        Args:
            values (Tensor): (U, F) float32, from `forward`.
            positions (Tensor): (U,) position of each unit in its sample.
        """

    @abstractmethod
    def score(self, firsts: Tensor, lasts: Tensor) -> Tensor:
        """(N, I, A...) first and (N, J, B...) last units to the (N, C, I, J) scores of their pairs; C is K or more."""

    @abstractmethod
    def select(self, scores: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """The entities among pairs.

        Args:
            scores (Tensor): (N, C, I, J) from `score`.
            pairs (Tensor): (N, I, J) bool, the pairs that can be an entity.

        Returns:
            tuple: (E, 4) indices (row, category, first unit, last unit) and their (E,) probabilities.
        """

    @abstractmethod
    def probs(self, scores: Tensor, indices: Tensor) -> Tensor:
        """(N, C, I, J) scores and (E, 4) indices as those of `select` to their (E,) float64 probabilities."""

    def decide(self, hidden: Tensor, batch: PackedBatch) -> tuple[Tensor, Tensor, PairRows]:
        """For training: (N, C, I, J) scores of the pairs in N rows, (N, K, I, J) bool that tells gold, and the rows."""
        rows = PairRows(batch.cu_units, self.max_width, hidden.device)
        values = self(hidden).float()
        with torch.autocast(hidden.device.type, enabled=False):
            firsts, lasts = self.sides(values, positions_of(batch).to(hidden.device, non_blocking=True))
            scores = self.score(firsts[rows.firsts], lasts[rows.lasts])
        return scores, self.targets(batch, rows), rows

    def choice_logits(self, decisions: tuple[Tensor, Tensor, PairRows]) -> Tensor:
        """(P, C) scores of the P pairs."""
        scores, _, rows = decisions
        return scores.movedim(1, 3)[rows.pairs]

    def targets(self, batch: PackedBatch, rows: PairRows) -> Tensor:
        """(N, K, I, J) bool, true at gold."""
        category, first, end = self.within_width(self.gold_spans(batch)).T
        row = np.searchsorted(rows.begins.numpy(), first, side='right') - 1
        begin = rows.begins.numpy()[row]
        indices = np.stack([row, category, first - begin, end - 1 - begin])
        num_rows, *size = rows.pairs.shape
        targets = rows.pairs.new_zeros(num_rows, len(self.categories), *size)
        targets[tuple(torch.from_numpy(indices).to(targets.device, non_blocking=True))] = True
        return targets

    def predict(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        values, spans, probs = self(hidden).detach().float(), [], []
        with torch.autocast(hidden.device.type, enabled=False):
            sides = self.sides(values, positions_of(batch).to(hidden.device, non_blocking=True))
            for begins, firsts, lasts, pairs in self.blocks(*sides, batch.cu_units):
                indices, found = self.select(self.score(firsts, lasts), pairs)
                row, category, first, last = indices.unbind(1)
                spans += torch.stack([category, begins[row] + first, begins[row] + last + 1], dim=1).tolist()
                probs += found.tolist()         # small tensors kept would split the memory that the next block needs
        return self.selected_entities(batch, np.array(spans, dtype=np.int64).reshape(-1, 3), np.array(probs))

    def span_probs(self, hidden: Tensor, batch: PackedBatch, spans: np.ndarray) -> np.ndarray:
        category, first, end = torch.from_numpy(spans).to(hidden.device).unbind(1)
        values = self(hidden).detach().float()
        with torch.autocast(hidden.device.type, enabled=False):
            firsts, lasts = self.sides(values, positions_of(batch).to(hidden.device, non_blocking=True))
            scores = self.score(firsts[first, None], lasts[end - 1, None])                  # (E, C, 1, 1)
        row, zero = torch.arange(len(spans), device=hidden.device), torch.zeros_like(first)
        return self.probs(scores, torch.stack([row, category, zero, zero], dim=1)).cpu().numpy()

    def blocks(self, firsts: Tensor, lasts: Tensor, cu_units: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """Every pair that prediction looks at, in blocks of neighbouring first units, some blocks at a time.

        Yields:
            tuple: (N,) the unit where each block begins; (N, I, A...) first units; (N, J, B...) last units, which
            begin with the same unit and go on as far as an entity may; (N, I, J) bool that tells the pairs of one
            sample in order and within `max_width`.
        """
        width = min(self.max_width, max(cu_units.diff().tolist(), default=0))
        size = min(width, BLOCK_SIZE)
        if not size:
            return
        count = -(-len(firsts) // size)
        units = torch.arange(count * size, device=firsts.device)
        stops = torch.minimum(sample_ends(cu_units).to(firsts.device), units[:len(firsts)] + width)
        stops = pad_units(stops, count * size).view(count, size, 1)                         # (M, I, 1)
        firsts = pad_units(firsts, count * size).unflatten(0, (count, size))
        lasts = pad_units(lasts, count * size + width).unfold(0, size + width, size).movedim(-1, 1)
        begins, units = units[::size], units.view(count, size, 1)                           # (M,), (M, I, 1)
        step = max(1, SCORES_AT_ONCE // (len(self.categories) * size * (size + width)))
        for some in (slice(begin, begin + step) for begin in range(0, count, step)):
            last_units = begins[some, None, None] + torch.arange(size + width, device=firsts.device)    # (N, 1, J)
            pairs = (last_units >= units[some]) & (last_units < stops[some])
            yield begins[some], firsts[some], lasts[some], pairs


def pad_units(values: Tensor, num_units: int) -> Tensor:
    """(U, ...) to (num_units, ...), zeros behind."""
    return torch.cat([values, values.new_zeros(num_units - len(values), *values.shape[1:])])


def positions_of(batch: PackedBatch) -> Tensor:
    """(U,) on the CPU, the position of each unit in its sample."""
    begins, lengths = batch.cu_units[:-1], batch.cu_units.diff()
    return torch.arange(batch.num_units) - begins.repeat_interleave(lengths)


def sample_ends(cu_units: Tensor) -> Tensor:
    """(U,) on the CPU, the end of each unit's sample in U."""
    return cu_units[1:].repeat_interleave(cu_units.diff())
