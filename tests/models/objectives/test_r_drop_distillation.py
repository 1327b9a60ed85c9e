import pytest
import torch

from mmner.models.objectives.divergence import losses_and_logits, softened_kl, symmetric_kl
from mmner.registry import MODELS
from mmner.utils import InputError
from tests.models.conftest import without_dropout
from tests.models.objectives.conftest import decoder_config

KINDS = pytest.mark.parametrize(('decoder', 'name', 'num_terms'), [
    ('SoftmaxDecoder', 'loss_tag', 7), ('EfficientGlobalPointerDecoder', 'loss_span', 2 * 2)])


@pytest.fixture
def r_drop_distillation(taught_by):
    def config(**changes) -> dict:
        return taught_by(**changes) | dict(type='mmner.RDropDistillation', alpha=0.5)
    return config


@KINDS
def test_two_passes_of_the_student_and_one_of_the_teachers(build, batch, r_drop_distillation, decoder, name, num_terms):
    """The same passes by hand, from the same random numbers; 4 and 3 units, 2 samples of 2 categories."""
    decoder = decoder_config(decoder)
    model = build(neck='FirstTokenNeck', decoder=decoder, objective=r_drop_distillation(decoder=decoder)).train()
    model(batch, mode='loss')                       # loads the teacher
    teacher, = model.objective.teachers
    passes = []
    teacher.register_forward_hook(lambda *_: passes.append('teacher'))
    torch.manual_seed(1)
    losses = model(batch, mode='loss')
    assert passes == ['teacher']
    torch.manual_seed(1)
    with torch.no_grad():
        _, lesson = losses_and_logits(teacher, batch)
    (first, first_logits), (second, second_logits) = (losses_and_logits(model, batch) for _ in range(2))
    assert abs(first[name] - second[name]) > 1e-3
    taught = sum(softened_kl(lesson, logits, 3.0) for logits in (first_logits, second_logits)) / 2 / num_terms
    expected = {name: 0.75 * (first[name] + second[name]) / 2, 'loss_distillation': 0.25 * taught,
                'loss_r_drop': 0.5 * symmetric_kl(first_logits, second_logits) / num_terms}
    assert list(losses) == list(expected)
    for key, value in expected.items():
        torch.testing.assert_close(losses[key], value)
    assert losses['loss_r_drop'] > 0.01


@KINDS
def test_without_dropout_it_is_distillation(build, batch, taught_by, r_drop_distillation, decoder, name, num_terms):
    decoder = decoder_config(decoder)
    model, plain = (build(neck='FirstTokenNeck', decoder=decoder, objective=objective(decoder=decoder)).train()
                    for objective in (r_drop_distillation, taught_by))
    for one in (model, plain):
        without_dropout(one)
    losses = model(batch, mode='loss')
    assert losses.pop('loss_r_drop') == 0
    assert losses == plain(batch, mode='loss')


def test_arguments_of_both_are_checked():
    config = dict(type='mmner.RDropDistillation', teachers=[dict(config='a', checkpoint='b')])
    for argument, message in (('alpha', 'RDrop: alpha=0 is not above 0'), ('weight', 'weight=0; the first is above 0')):
        with pytest.raises(InputError, match=message):
            MODELS.build(config | {argument: 0})
