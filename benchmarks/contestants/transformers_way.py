"""transformers' BertForTokenClassification in its usual loops, its pipeline, and MMOCR's way on the same model."""
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import pad
from torch.utils.data import DataLoader

from contestants.process import Turns
from contestants.task import IGNORED, Task


def load(task: Task, attention: str = 'sdpa'):
    from transformers import BertForTokenClassification
    model = BertForTokenClassification.from_pretrained(task.folder, attn_implementation=attention)
    return model.to(task.device)


def collate(rows: list[tuple[list[int], list[int]]], *, device: str, length: int | None = None) -> dict[str, Tensor]:
    """Rows of (tokens, labels) to (N, L) tensors, padded to the longest row or to `length`."""
    length = length or max(len(tokens) for tokens, _ in rows)

    def grid(values: list[list[int]], fill: int) -> Tensor:
        return torch.stack([pad(torch.tensor(row), (0, length - len(row)), value=fill) for row in values]).to(device)

    return dict(
        input_ids=grid([tokens for tokens, _ in rows], 0),
        attention_mask=grid([[1] * len(tokens) for tokens, _ in rows], 0),
        labels=grid([labels for _, labels in rows], IGNORED))


def train(task: Task, turns: Turns, *, autocast: bool, batch_size: int, attention: str = 'sdpa',
          like_length: bool = False) -> None:
    """Batches padded to their longest, random ones or of sentences of like length; AdamW, fused."""
    model = load(task, attention)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-5, weight_decay=0.01, fused=True)
    rows = list(zip(task.input_ids, task.labels, strict=True))
    order = sorted(range(len(rows)), key=lambda index: -len(rows[index][0])) if like_length else torch.randperm(
        len(rows)).tolist()
    loader = DataLoader(rows, collate_fn=partial(collate, device=task.device),
                        batch_sampler=[order[start:start + batch_size] for start in range(0, len(rows), batch_size)])
    turns.repeat(epoch(model, loader, optimizer, max_norm=1.0, autocast=autocast, device=task.device))


def train_as_mmocr(task: Task, turns: Turns) -> None:
    """MMOCR 0.6.3's settings: every text padded to 128, batch 8, Adadelta, clipped to 0.5, float32."""
    model = load(task)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=0.5)
    loader = DataLoader(list(zip(task.input_ids, task.labels, strict=True)), 8, shuffle=True,
                        collate_fn=partial(collate, device=task.device, length=128))
    turns.repeat(epoch(model, loader, optimizer, max_norm=0.5, autocast=False, device=task.device))


def epoch(model, loader: DataLoader, optimizer, *, max_norm: float, autocast: bool, device: str) -> Callable:
    model.train()

    def work() -> None:
        for batch in loader:
            with torch.autocast(device, torch.bfloat16, enabled=autocast):
                loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            optimizer.zero_grad()

    return work


def predict(task: Task, turns: Turns, *, batch_size: int, weights: str = 'float32', autocast: bool = False,
            attention: str = 'sdpa', longest_first: bool = False) -> None:
    """From tokens to the best tag of each, on the host."""
    model = load(task, attention).to(getattr(torch, weights)).eval()
    rows = list(zip(task.input_ids, task.labels, strict=True))
    if longest_first:
        rows.sort(key=lambda row: -len(row[0]))
    loader = DataLoader(rows, batch_size, collate_fn=partial(collate, device=task.device))

    @torch.inference_mode()
    def work() -> None:
        for batch in loader:
            batch.pop('labels')
            with torch.autocast(task.device, torch.bfloat16, enabled=autocast):
                logits = model(**batch).logits
            logits.argmax(dim=-1).tolist()

    turns.repeat(work)


def pipeline(task: Task, turns: Turns, **options) -> None:
    """From text to tagged tokens, as the pipeline's documentation calls it."""
    import transformers
    pipe = transformers.pipeline('token-classification', model=load(task), device=task.device,
                                 tokenizer=transformers.BertTokenizerFast(str(task.vocab)))
    turns.repeat(lambda: pipe(task.texts, **options))


@torch.inference_mode()
def logits(task: Task) -> list[Tensor]:
    """The float32 logits of each text, (its characters, K)."""
    model = load(task).eval()
    return [model(torch.tensor([tokens], device=task.device)).logits[0, 1:-1].cpu() for tokens in task.input_ids]
