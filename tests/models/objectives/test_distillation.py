import copy
import json
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmengine.optim import OptimWrapper
from torch.distributions import Bernoulli, kl_divergence

from mmner.models import NERModel
from mmner.models.objectives.divergence import logits_of
from mmner.registry import MODELS
from mmner.utils import InputError
from mmner.utils.config import read_config
from tests.models.conftest import HIDDEN, model_config, without_dropout
from tests.models.objectives.conftest import decoder_config

POINTER = 'EfficientGlobalPointerDecoder'
TOKENIZER = "dict(type='BertVocabTokenizer', vocab_file='./vocab.txt')"
BOTH_KINDS = pytest.mark.parametrize('decoder', ['SoftmaxDecoder', POINTER])


def decisions_of(model: NERModel, batch) -> torch.Tensor:
    """In testing mode."""
    with torch.no_grad():
        return logits_of(model.eval(), batch)


@pytest.mark.parametrize('precision', ['float32', 'bfloat16'])
def test_losses(build, batch, taught_by, precision):
    model = build(neck='FirstTokenNeck', objective=taught_by(), precision=precision).train()
    plain = build(neck='FirstTokenNeck', precision=precision).train()
    for one in (model, plain):
        without_dropout(one)
    losses = model(batch, mode='loss')
    teacher = NERModel(**model_config(neck='FirstTokenNeck', precision=precision))
    teacher.load_state_dict(torch.load(model.objective.sources[0]['checkpoint'])['state_dict'])
    with torch.autocast('cpu', torch.bfloat16, enabled=precision == 'bfloat16'):
        teacher_logits, logits = (decisions_of(one, batch) for one in (teacher, plain))
    expected = 9 * F.kl_div((logits / 3).log_softmax(1), (teacher_logits / 3).softmax(1), reduction='batchmean')
    assert list(losses) == ['loss_tag', 'loss_distillation']
    tolerance = dict(rtol=1e-5, atol=1e-6) if precision == 'float32' else dict(rtol=5e-2, atol=1e-3)
    torch.testing.assert_close(losses['loss_distillation'], 0.25 * expected, **tolerance)
    torch.testing.assert_close(losses['loss_tag'], 0.75 * plain.train()(batch, mode='loss')['loss_tag'], **tolerance)
    assert losses['loss_distillation'] > 0.1


@pytest.mark.parametrize('teacher', [
    decoder_config(POINTER, head_size=6), decoder_config('GlobalPointerDecoder'),
    decoder_config('GlobalPointerDecoder', head_size=2)], ids=str)
def test_losses_over_spans(build, batch, taught_by, teacher):
    """4 and 3 units: 2 samples of 2 categories."""
    student = dict(neck='FirstTokenNeck', decoder=decoder_config(POINTER))
    model, plain = (build(objective=objective, **student).train() for objective in (taught_by(decoder=teacher), None))
    for one in (model, plain):
        without_dropout(one)
    losses = model(batch, mode='loss')
    p, q = (Bernoulli(logits=span_scores(one, batch) / 3) for one in (*model.objective.teachers, plain))
    expected = 9 * kl_divergence(p, q).sum() / (2 * 2)
    assert list(losses) == ['loss_span', 'loss_distillation']
    torch.testing.assert_close(losses['loss_distillation'], 0.25 * expected)
    torch.testing.assert_close(losses['loss_span'], 0.75 * plain.train()(batch, mode='loss')['loss_span'])
    assert losses['loss_distillation'] > 0.1


def span_scores(model: NERModel, batch) -> torch.Tensor:
    """The scores of all spans in all categories, from what training builds."""
    with torch.no_grad():
        scores, _, rows = model.decoder.decide(model.eval()(batch), batch)
    return scores[rows.pairs[:, None].expand_as(scores)]


def test_several_teachers(build, batch, taught_by):
    """The student learns from the mean of their probabilities, not of their logits."""
    student = dict(neck='FirstTokenNeck', decoder=decoder_config(POINTER))
    objective = taught_by(seeds=(7, 8, 9), decoder=decoder_config(POINTER))
    model, plain = (build(objective=chosen, **student).train() for chosen in (objective, None))
    for one in (model, plain):
        without_dropout(one)
    losses = model(batch, mode='loss')
    softened = [(span_scores(one, batch) / 3).sigmoid() for one in model.objective.teachers]
    p, q = Bernoulli(sum(softened) / 3), Bernoulli(logits=span_scores(plain, batch) / 3)
    assert not torch.allclose(softened[0], softened[1], atol=0.1)
    torch.testing.assert_close(losses['loss_distillation'], 0.25 * 9 * kl_divergence(p, q).sum() / (2 * 2))


def test_gradients_with_padding_and_a_sample_without_units(build, pack, sample, taught_by):
    model = build(neck='FirstTokenNeck', decoder=decoder_config(POINTER),
                  objective=taught_by(decoder=decoder_config(POINTER))).train()
    batch = pack(sample([1, 2, 3, 4], spans=[('person', 0, 2)]), sample([]), sample([1]))
    sum(model(batch, mode='loss').values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.isfinite().all() and (parameter.grad.any() or name.endswith('bias')), name


def test_a_teacher_with_another_encoder_and_a_lexicon(build, batch, taught_by):
    """The batch has what the student does not read."""
    objective = taught_by(neck='LexiconNeck', decoder=decoder_config(POINTER), encoder=dict(embedding_size=8))
    model = build(neck='FirstTokenNeck', decoder=decoder_config(POINTER), objective=objective).train()
    assert model(batch, mode='loss')['loss_distillation'] > 0.01
    batch.lexicon_key = None
    with pytest.raises(InputError, match='LexiconNeck: the pipeline has no MatchLexicon'):
        model(batch, mode='loss')


def test_the_teacher_is_no_part_of_the_student_and_stays_as_it_is(build, batch, taught_by):
    model, plain = build(neck='FirstTokenNeck', objective=taught_by()), build(neck='FirstTokenNeck')
    model.train()(batch, mode='loss')
    teacher, = model.objective.teachers
    before = copy.deepcopy(teacher.state_dict())
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    for _ in range(3):
        model.train_step(batch, wrapper)
    assert model.objective.teachers == [teacher]
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())
    assert not teacher.training and not any(parameter.requires_grad for parameter in teacher.parameters())
    assert list(model.state_dict()) == list(plain.state_dict())
    assert len(list(model.parameters())) == len(list(plain.parameters()))


@BOTH_KINDS
def test_the_teacher_alone_makes_the_student_its_like(build, batch, taught_by, decoder):
    decoder = decoder_config(decoder)
    model = build(neck='FirstTokenNeck', objective=taught_by(weight=1.0, decoder=decoder), decoder=decoder).train()
    without_dropout(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    differences = []
    for _ in range(120):
        losses = model(batch, mode='loss')
        assert next(iter(losses.values())) == 0
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        differences.append(losses['loss_distillation'].item())
    assert differences[-1] < 0.01 * differences[0]
    student, teacher = (decisions_of(one, batch).softmax(1) for one in (model, *model.objective.teachers))
    assert (student - teacher).abs().max() < 0.1


def test_loading_teachers_draws_no_random_numbers(build, batch, taught_by):
    """Else a resumed run, which loads them at another step, has other dropout than one that was never stopped."""
    model, losses = build(neck='FirstTokenNeck', objective=taught_by()).train(), []
    for _ in range(2):
        torch.manual_seed(0)
        losses.append(model(batch, mode='loss'))
    assert losses[0] == losses[1]
    assert losses[0] != model(batch, mode='loss'), 'no dropout'


def test_what_is_only_logged_is_not_weighted(build, batch, taught_by, monkeypatch):
    model = build(neck='FirstTokenNeck', objective=taught_by()).train()
    losses_of = model.decoder.loss_of
    monkeypatch.setattr(model.decoder, 'loss_of', lambda *args: losses_of(*args) | dict(accuracy=torch.tensor(0.5)))
    assert model(batch, mode='loss')['accuracy'] == 0.5


def test_a_trained_student_needs_no_teacher(build, batch, taught_by):
    objective = taught_by()
    for file in objective['teachers'][0].values():
        Path(file).unlink()
    model = build(neck='FirstTokenNeck', objective=objective).eval()
    with torch.no_grad():
        assert len(model(batch, mode='predict')) == 2
        assert list(model(batch, mode='loss')) == ['loss_tag']
    with pytest.raises(InputError, match='teacher.py: no such config'):
        model.train()(batch, mode='loss')


def test_what_a_teacher_reads_is_looked_up_beside_its_config(build, batch, taught_by, tmp_path, monkeypatch):
    objective = taught_by()
    (tmp_path / 'a/tiny').mkdir(parents=True)
    (tmp_path / 'a/tiny/model.safetensors').touch()
    (tmp_path / 'a/tiny/config.json').write_text(json.dumps(dict(
        model_type='bert', vocab_size=50, hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=512, type_vocab_size=2, hidden_act='gelu', layer_norm_eps=1e-12)))
    config = model_config(neck='FirstTokenNeck') | dict(
        encoder=dict(type='mmner.PretrainedBertEncoder', checkpoint='a/tiny'))
    Path(objective['teachers'][0]['config']).write_text(f"model = dict(type='NERModel', **{config})")
    monkeypatch.chdir(tmp_path)
    give_weights(**objective['teachers'][0])
    monkeypatch.chdir(tmp_path / 'a')
    assert build(neck='FirstTokenNeck', objective=objective).train()(batch, mode='loss')['loss_distillation'] > 0


def give_weights(config: str, checkpoint: str) -> None:
    """Write those of a new model of the config."""
    torch.save(dict(state_dict=MODELS.build(read_config(config).model).state_dict()), checkpoint)


@BOTH_KINDS
def test_no_units(build, empty, taught_by, decoder):
    decoder = decoder_config(decoder)
    model = build(neck='FirstTokenNeck', objective=taught_by(decoder=decoder), decoder=decoder).train()
    losses = model(empty, mode='loss')
    sum(losses.values()).backward()
    assert not any(losses.values())


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(decoder=dict(tag_scheme=dict(type='mmner.BIO', categories=['place', 'person']))),
     r'other decisions \(tags O, B-place, I-place, B-person, I-person\) than the student \(tags O, B-person,'),
    (dict(decoder=dict(tag_scheme=dict(type='mmner.BIOES', categories=['person', 'place']))), 'other decisions'),
    (dict(decoder=dict(tag_scheme=dict(type='mmner.BIO', categories=['person']))), 'other decisions'),
    (dict(decoder=decoder_config(POINTER)), r'other decisions \(spans of up to 512 units of person, place\)'),
    (dict(vocab_size=51), r'other words in its vocabulary \(51\) than the student \(50\)')], ids=str)
def test_a_teacher_that_means_something_else_is_refused(build, batch, taught_by, changes, message):
    objective = taught_by(**{key: value for key, value in changes.items() if key == 'decoder'})
    if 'vocab_size' in changes:
        file = Path(objective['teachers'][0]['config'])
        file.write_text(file.read_text().replace("'vocab_size': 50", "'vocab_size': 51"))
        give_weights(**objective['teachers'][0])
    model = build(neck='FirstTokenNeck', objective=objective).train()
    with pytest.raises(InputError, match=rf'teacher\.py: the teacher has {message}') as error:
        model(batch, mode='loss')
    assert '\n' not in str(error.value)


def test_a_teacher_with_another_vocabulary_of_the_same_size_is_refused(build, pack, sample, taught_by, tmp_path):
    batch, objective = pack(sample([1, 2])), taught_by()        # of a text of 字 alone
    batch.unit_ids.fill_(5)
    for place, refused in ((5, False), (6, True)):
        words = [f'[{name}]' for name in ('PAD', 'UNK', 'CLS', 'SEP', 'MASK')] + ['一', '丁', '七']
        words.insert(place, '字')
        (tmp_path / 'vocab.txt').write_text('\n'.join(words), encoding='utf8')
        tokenizer = dict(type='BertVocabTokenizer', vocab_file=str(tmp_path / 'vocab.txt'))
        file = Path(objective['teachers'][0]['config'])
        file.write_text(file.read_text().partition('test_dataloader')[0] + (
            f"test_dataloader = dict(dataset=dict(pipeline=[dict(type='Tokenize', tokenizer={tokenizer})]))\n"))
        model = build(neck='FirstTokenNeck', objective=objective).train()
        with pytest.raises(InputError, match='gives .字字字字字字字字. other ids') if refused else nullcontext():
            model(batch, mode='loss')


@pytest.mark.parametrize('test_dataloader', [
    'None', f'dict(dataset=dict(pipeline=[dict(type="Tokenize", tokenizer={TOKENIZER})]))'], ids=['none', 'words'])
def test_a_teacher_of_the_same_words(build, pack, sample, taught_by, tmp_path, monkeypatch, test_dataloader):
    """Of which the batch has two, 字字 and 字, that the vocabulary knows."""
    monkeypatch.chdir(tmp_path)
    words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '字', '字字']
    Path('vocab.txt').write_text('\n'.join(words), encoding='utf8')
    batch, objective = pack(sample([1, 2], unit_offsets=[[0, 2], [2, 3]])), taught_by()
    batch.unit_ids.copy_(torch.tensor([6, 5]))
    file = Path(objective['teachers'][0]['config'])
    file.write_text(f'{file.read_text()}test_dataloader = {test_dataloader}\n')
    assert build(neck='FirstTokenNeck', objective=objective).train()(batch, mode='loss')['loss_distillation'] > 0


def test_a_teacher_that_gives_no_decisions_is_refused(build, batch, taught_by):
    objective = taught_by(decoder=decoder_config('W2NERDecoder'))
    model = build(neck='FirstTokenNeck', decoder=decoder_config(POINTER), objective=objective).train()
    with pytest.raises(InputError, match=r'teacher\.py: Distillation compares decisions, which W2NERDecoder does not'):
        model(batch, mode='loss')


@pytest.mark.parametrize(('settings', 'message'), [
    ('', 'has no model; give a config with one'),
    ("model = dict(type='PretrainingModel', heads=[dict(type='MaskedLanguageHead')], "
     "encoder=dict(type='BertEncoder', vocab_size=50, hidden_size=16, num_heads=2))",
     'describes a PretrainingModel; a teacher is a NERModel')], ids=str)
def test_a_config_of_something_else_is_refused(build, batch, taught_by, settings, message):
    objective = taught_by()
    Path(objective['teachers'][0]['config']).write_text(f"default_scope = 'mmner'\n{settings}\n")
    if settings:
        give_weights(**objective['teachers'][0])
    with pytest.raises(InputError, match=rf'teacher\.py: {message}'):
        build(neck='FirstTokenNeck', objective=objective).train()(batch, mode='loss')


def test_weights_of_another_model_are_refused(build, batch, taught_by):
    objective = taught_by()
    torch.save(dict(state_dict=build(neck='CharFusionNeck').state_dict()), objective['teachers'][0]['checkpoint'])
    model = build(neck='FirstTokenNeck', objective=objective).train()
    with pytest.raises(InputError, match=r'teacher7\.pth: does not fit the model; unexpected'):
        model(batch, mode='loss')


@pytest.mark.parametrize('argument', [dict(temperature=0), dict(weight=0), dict(weight=1.5)])
def test_arguments_are_checked(argument):
    with pytest.raises(InputError, match='Distillation: temperature=.* the other above 0 and at most 1'):
        MODELS.build(dict(type='mmner.Distillation', teachers=[dict(config='a', checkpoint='b')], **argument))


@pytest.mark.parametrize('teachers', [[], [dict(config='a')], [dict(config='a', checkpoint='b', weight=1)]], ids=str)
def test_teachers_are_checked(teachers):
    with pytest.raises(InputError, match=r'Distillation: teachers=.*; give a list with dict\(config=\.\.\., check'):
        MODELS.build(dict(type='mmner.Distillation', teachers=teachers))
