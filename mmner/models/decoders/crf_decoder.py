import numpy as np
import torch
from torch import Tensor, nn

from mmner.models.decoders.base import BaseTaggingDecoder
from mmner.models.layers import Dropout, UnitGrid, backward_scores, forward_scores, path_scores, viterbi
from mmner.registry import MODELS
from mmner.structures import Entity, PackedBatch


@MODELS.register_module()
class CRFDecoder(BaseTaggingDecoder):
    """Tag all units of a sample at once: a linear-chain conditional random field over (U, K) emissions.

    Steps that the tag scheme forbids have probability 0, in training and in prediction. An entity's score is its exact
    probability: the share of all paths that hold it.

    Source: Lafferty et al. 2001, https://dl.acm.org/doi/10.5555/645530.655813; over BERT for CLUENER in
    https://arxiv.org/abs/2001.04351

    Args:
        hidden_size (int): H, the width of the encoder.
        tag_scheme (dict): Config of the tag scheme; it fixes K.
        dropout (float): Probability of zeroing a hidden value.
    """

    def __init__(self, *, hidden_size: int, tag_scheme: dict, dropout: float = 0.1, init_cfg: dict | None = None):
        super().__init__(tag_scheme=tag_scheme, init_cfg=init_cfg)
        num_tags = self.tag_scheme.num_tags
        self.dropout = Dropout(dropout)
        self.classifier = nn.Linear(hidden_size, num_tags)
        self.transitions = nn.Parameter(torch.empty(num_tags, num_tags).uniform_(-0.1, 0.1))
        self.start = nn.Parameter(torch.empty(num_tags).uniform_(-0.1, 0.1))
        self.end = nn.Parameter(torch.empty(num_tags).uniform_(-0.1, 0.1))
        for name in ('allowed', 'allowed_start', 'allowed_end', 'goes_on'):
            self.register_buffer(name, torch.from_numpy(getattr(self.tag_scheme, name)), persistent=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """(U, H) unit vectors to (U, K) emissions."""
        return self.classifier(self.dropout(hidden)).float()

    def steps(self) -> tuple[Tensor, Tensor, Tensor]:
        """(K, K) transitions, (K,) start and (K,) end scores; -inf where the tag scheme forbids it."""
        return (self.transitions.masked_fill(~self.allowed, -torch.inf),
                self.start.masked_fill(~self.allowed_start, -torch.inf),
                self.end.masked_fill(~self.allowed_end, -torch.inf))

    def loss_of(self, decisions: Tensor, batch: PackedBatch) -> dict[str, Tensor]:
        """The negative log-likelihood of the gold tags, the mean over units."""
        grid = UnitGrid(batch.cu_units, decisions.device)
        emissions, paths = grid.rows(decisions), grid.rows(self.targets(batch))      # (N, L, K), (N, L)
        transitions, start, end = self.steps()
        last = (grid.lengths - 1)[:, None]                                              # (N, 1)
        gold = path_scores(emissions, paths, transitions, start).gather(1, last) + end[paths.gather(1, last)]
        return dict(loss_crf=(self.log_sum(emissions, grid.lengths).sum() - gold.sum()) / max(batch.num_units, 1))

    def log_sum(self, emissions: Tensor, lengths: Tensor) -> Tensor:
        """(N,) log of the sum over all paths through (N, L, K) emissions."""
        transitions, start, end = self.steps()
        unused = 0 * self.transitions.sum()     # a gradient also where no text has two units: DDP waits for it
        return torch.logsumexp(forward_scores(emissions, lengths, transitions, start)[:, -1] + end, dim=1) + unused

    def predict(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        grid = UnitGrid(batch.cu_units, hidden.device)
        emissions, steps = self.lattice(hidden, grid)
        return self.decode_paths(batch, grid, viterbi(emissions, grid.lengths, *steps), emissions, steps)

    def score_gold(self, hidden: Tensor, batch: PackedBatch) -> list[list[Entity]]:
        grid = UnitGrid(batch.cu_units, hidden.device)
        paths = grid.rows(self.gold_tags(batch).to(hidden.device, non_blocking=True))
        return self.decode_paths(batch, grid, paths, *self.lattice(hidden, grid))

    def lattice(self, hidden: Tensor, grid: UnitGrid) -> tuple[Tensor, list[Tensor]]:
        """(N, L, K) emissions and what `steps` gives, all in float64."""
        return grid.rows(self(hidden).detach().double()), [step.detach().double() for step in self.steps()]

    def decode_paths(self, batch: PackedBatch, grid: UnitGrid, paths: Tensor, emissions: Tensor,
                     steps: list[Tensor]) -> list[list[Entity]]:
        """(N, L) tag ids and what `lattice` gives to the entities of each sample."""
        opening, closing = self.shares(emissions, grid.lengths, paths, *steps)          # both (N, L)
        found = torch.stack([paths, opening, closing], dim=2)       # tag ids are exact in double: one copy to the host
        tags, opening, closing = grid.units(found).cpu().unbind(1)
        spans = self.tag_scheme.decode(tags.long().numpy(), batch.cu_units.numpy())     # (E, 3)
        return self.entities(batch, spans, np.exp(
            np.minimum(opening.numpy()[spans[:, 1]] + closing.numpy()[spans[:, 2] - 1], 0)))

    def shares(self, emissions: Tensor, lengths: Tensor, paths: Tensor, transitions: Tensor, start: Tensor,
               end: Tensor) -> tuple[Tensor, Tensor]:
        """Log-probability of the entities on (N, L) paths as two (N, L) terms.

        An entity from unit i to unit j has first[i] + second[j]. It is the log of the weight of all paths that carry
        its tags from i to j and do not continue it at j + 1, over the weight of all paths.
        """
        entering = forward_scores(emissions, lengths, transitions, start)               # (N, L, K)
        every = torch.logsumexp(entering[:, -1] + end, dim=1, keepdim=True)             # (N, 1)
        behind = backward_scores(emissions, lengths, transitions, end)                  # (N, L, K)
        steps_out = transitions.masked_fill(self.goes_on, -torch.inf)[paths[:, :-1]]    # (N, L - 1, K)
        leaving = end[paths]                                                            # (N, L), right for the last
        inner = torch.arange(1, paths.shape[1], device=paths.device) < lengths[:, None]
        leaving[:, :-1] = torch.where(
            inner, torch.logsumexp(steps_out + emissions[:, 1:] + behind[:, 1:], dim=2), leaving[:, :-1])
        walked = path_scores(emissions, paths, transitions, start)
        return entering.gather(2, paths[:, :, None]).squeeze(2) - walked, walked + leaving - every
