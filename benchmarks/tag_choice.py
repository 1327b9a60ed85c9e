"""What three ways of choosing tags make of the same logits of a softmax decoder.

    python benchmarks/tag_choice.py CONFIG CHECKPOINT [CHECKPOINT ...] --out benchmarks/results/tag_choice.json
"""
import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from mmner.cli.config import load_config
from mmner.cli.errors import one_line_errors
from mmner.evaluation import strict_counts, total
from mmner.models.checkpoint import load_model
from mmner.models.decoders import SoftmaxDecoder
from mmner.models.weights import read_checkpoint
from mmner.registry import RUNNERS


def best_alone(decoder: SoftmaxDecoder, log_probs: torch.Tensor, cu_units: torch.Tensor) -> torch.Tensor:
    """The best tag of every unit; decoding lets an orphan I- start an entity."""
    return log_probs.argmax(dim=-1)


def without_orphans(decoder: SoftmaxDecoder, log_probs: torch.Tensor, cu_units: torch.Tensor) -> torch.Tensor:
    """The best tag of every unit, but 'O' where it may not follow the tag before it."""
    scheme, tags = decoder.tag_scheme, log_probs.argmax(dim=-1).numpy()
    firsts = set(cu_units.tolist())
    for unit, tag in enumerate(tags):
        fits = scheme.allowed_start[tag] if unit in firsts else scheme.allowed[tags[unit - 1], tag]
        tags[unit] = tag if fits else scheme.outside_id
    return torch.from_numpy(tags)


def most_probable_valid(decoder: SoftmaxDecoder, log_probs: torch.Tensor, cu_units: torch.Tensor) -> torch.Tensor:
    """What SoftmaxDecoder does."""
    return decoder.valid_tags(log_probs, cu_units)


WAYS: tuple[Callable, ...] = (best_alone, without_orphans, most_probable_valid)


@torch.no_grad()
def score(runner, checkpoint: str) -> dict[str, dict[str, float]]:
    """P, R and F1 on the test set for each way."""
    model = runner.model.eval()
    model.precision = 'bfloat16'
    load_model(model, read_checkpoint(checkpoint), checkpoint)
    gold, predicted = [], {way: [] for way in WAYS}
    for batch in runner.build_dataloader(runner.cfg.test_dataloader):
        with torch.autocast('cpu', torch.bfloat16):
            logits = model.decoder(model.extract(batch))
        log_probs = logits.float().log_softmax(dim=-1)
        gold += [sample.entities for sample in batch.samples]
        for way in WAYS:
            tags = way(model.decoder, log_probs, batch.cu_units)
            spans = model.decoder.tag_scheme.decode(tags.numpy(), batch.cu_units.numpy())
            predicted[way] += model.decoder.entities(batch, spans, np.ones(len(spans)))
    counts = {way.__name__: total(strict_counts(gold, predicted[way])) for way in WAYS}
    return {name: {key: round(getattr(count, key), 4) for key in ('precision', 'recall', 'f1')}
            for name, count in counts.items()}


@one_line_errors
def main() -> int:
    parser = ArgumentParser(description='Compare ways of choosing tags.')
    parser.add_argument('config')
    parser.add_argument('checkpoints', nargs='+')
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()
    config = load_config(args.config)
    config.work_dir = 'work_dirs/tag_choice'
    runner = RUNNERS.build(config)
    results = {checkpoint: score(runner, checkpoint) for checkpoint in args.checkpoints}
    args.out.write_text(json.dumps(dict(config=args.config, precision='bfloat16', results=results), indent=2) + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
