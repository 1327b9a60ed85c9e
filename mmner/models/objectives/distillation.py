from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from torch import Tensor, nn

from mmner.models.checkpoint import trained_model
from mmner.models.objectives.base import BaseObjective
from mmner.models.objectives.divergence import (
    logits_of,
    losses_and_logits,
    mean_choice,
    require_comparable,
    softened_kl,
)
from mmner.registry import MODELS, TOKENIZERS
from mmner.structures import PackedBatch
from mmner.utils import InputError
from mmner.utils.config import building, located_config, tokenizer_config


@MODELS.register_module()
class Distillation(BaseObjective):
    """Learn from gold and from the probabilities that trained models, the teachers, give to what is decided.

    The loss is (1 - weight) times the decoder's and weight * temperature ** 2 times the sum over decisions of
    KL(teachers, student), divided by the terms of the decoder's loss. Logits are softened by the temperature;
    the probabilities of several teachers are averaged. A decision is the tag of a unit, or for GlobalPointer whether a
    span is an entity of a category; then the terms are samples times categories.

    A teacher decides the same from the same tokens: it has the same categories, kind of decoder and tokenizer;
    encoder, neck and sizes are its own. Teachers are loaded at the first training step and are no part of the student:
    a student that has been trained is used without them.

    Source: https://arxiv.org/abs/1503.02531

    Args:
        teachers (list[dict]): For each its `config`, the file that it was trained with, and `checkpoint`, its weights.
        temperature (float): What logits are divided by; above 0.
        weight (float): Share of the teachers; above 0, at 1 gold is not used.
    """

    def __init__(self, *, teachers: Sequence[dict], temperature: float = 2.0, weight: float = 0.5):
        if temperature <= 0 or not 0 < weight <= 1:
            raise InputError(f'Distillation: temperature={temperature}, weight={weight}; the first is above 0, the '
                             'other above 0 and at most 1')
        if not teachers or any(set(teacher) != {'config', 'checkpoint'} for teacher in teachers):
            raise InputError(f'Distillation: teachers={teachers}; give a list with dict(config=..., checkpoint=...) '
                             'for each teacher')
        self.sources = teachers
        self.temperature = temperature
        self.weight = weight
        self.teachers: list[nn.Module] = []

    def attach(self, model: nn.Module) -> None:
        require_comparable(model.decoder, 'Distillation')

    def __call__(self, model: nn.Module, batch: PackedBatch) -> dict[str, Tensor]:
        losses, _ = self.taught_pass(model, batch, self.lesson(model, batch))
        return losses

    @torch.no_grad()
    def lesson(self, model: nn.Module, batch: PackedBatch) -> Tensor:
        """What the teachers say about a batch, (D, C) logits."""
        if not self.teachers:
            self.teachers = [load_teacher(**source, student=model, batch=batch).to(batch.input_ids.device)
                             for source in self.sources]
        return mean_choice([logits_of(teacher, batch) for teacher in self.teachers], self.temperature)

    def taught_pass(self, model: nn.Module, batch: PackedBatch, lesson: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """The losses of one pass of the student and the (D, C) logits of its decisions."""
        losses, logits = losses_and_logits(model, batch)
        difference = softened_kl(lesson, logits, self.temperature) / max(model.decoder.num_terms(batch), 1)
        of_gold = {name: value * (1 - self.weight) if 'loss' in name else value for name, value in losses.items()}
        return of_gold | dict(loss_distillation=self.weight * difference), logits


def load_teacher(config: str, checkpoint: str, student: nn.Module, batch: PackedBatch) -> nn.Module:
    """The teacher in testing mode, computing in the student's precision.

    Raises:
        InputError: Its config or its weights cannot be read, or it is no teacher for this student and its batches.
    """
    settings = located_config(Path(config))
    teacher = trained_model(settings, config, checkpoint, student.precision)
    check_teacher(teacher, student, config)
    check_ids(settings, batch, config)
    return teacher.requires_grad_(False)


def check_ids(config: Config, batch: PackedBatch, source: str) -> None:
    """Refuse a teacher whose config names a tokenizer that gives units other ids than the batch has.

    Raises:
        InputError: It does.
    """
    settings = tokenizer_config(config)
    if settings is None:
        return
    with building(config, source):
        tokenizer = TOKENIZERS.build(settings)
    ids = batch.unit_ids.cpu().numpy()
    for sample, (begin, end) in zip(batch.samples, pairwise(batch.cu_units.tolist()), strict=True):
        if not np.array_equal(tokenizer.unit_ids(sample.text, sample.unit_offsets)[:end - begin], ids[begin:end]):
            raise InputError(f'{source}: the tokenizer of the teacher gives {sample.text!r:.60} other ids than that of '
                             'the student; give both the same vocabulary')


def check_teacher(teacher: nn.Module, student: nn.Module, source: str) -> None:
    """Refuse a teacher whose decisions or tokens mean something else.

    Raises:
        InputError: They do.
    """
    if not hasattr(teacher, 'decoder'):
        raise InputError(f'{source}: describes a {type(teacher).__name__}; a teacher is a NERModel')
    require_comparable(teacher.decoder, f'{source}: Distillation')
    for what, of in (('decisions', lambda model: model.decoder.decision_kind),
                     ('words in its vocabulary', lambda model: model.encoder.embeddings.word.num_embeddings)):
        if of(teacher) != of(student):
            raise InputError(f'{source}: the teacher has other {what} ({of(teacher)}) than the student '
                             f'({of(student)}); give both the same categories, kind of decoder and tokenizer')
