from copy import deepcopy

import pytest
import torch
from safetensors.torch import load_file

from mmner.models import NERModel
from mmner.models.checkpoint import load_model
from mmner.models.decoders import BaseDecoder
from mmner.models.weights import read_checkpoint
from mmner.registry import MODELS
from mmner.structures import PackedBatch
from mmner.utils import InputError
from tests.models.conftest import DECODERS, NECKS, config_of


@pytest.fixture
def batch(pack, sample):
    return pack(
        sample([1, 2, 3, 4], spans=[('person', 0, 2)]),
        sample([1, 1, 2, 3], spans=[('place', 2, 4)], first_id=12),
        sample([1, 2, 7, 8, 9], windows=[5, 6], spans=[('person', 1, 4)], first_id=20))


def test_every_decoder_is_tested_here():
    MODELS.import_from_location()
    decoders = {name for name, kind in MODELS.module_dict.items()
                if isinstance(kind, type) and issubclass(kind, BaseDecoder)}
    assert decoders == set(DECODERS)


def train(model: NERModel, batch: PackedBatch, steps: int = 100) -> list[float]:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(steps):
        loss, _ = model.parse_losses(model(batch, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def predictions(model: NERModel, batch: PackedBatch) -> list:
    with torch.no_grad():
        return [sample.predicted for sample in model.eval()(batch, mode='predict')]


def scores_of_gold(model: NERModel, batch: PackedBatch) -> list:
    with torch.no_grad():
        return model.eval()(batch, mode='score_gold')


def with_about_the_same_scores(predicted) -> list:
    return [[entity._replace(score=pytest.approx(entity.score, rel=1e-5)) for entity in found] for found in predicted]


@pytest.mark.parametrize('decoder', DECODERS)
def test_train_save_load_same_predictions(build, batch, tmp_path, decoder):
    model = build(encoder=dict(hidden_dropout=0.0, attention_dropout=0.0), **config_of(decoder))
    losses = train(model, batch)
    assert losses[-1] < losses[0] / 2
    before = predictions(model, batch)
    gold = [[(label, *span) for label, *span in sample.unit_spans] for sample in batch.samples]
    assert [[entity.span for entity in found] for found in before] == gold, 'it has learnt the batch by heart'
    assert scores_of_gold(model, batch) == with_about_the_same_scores(before)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'model.pth')
    other = build(**config_of(decoder))
    assert predictions(other, batch) != before
    load_model(other, read_checkpoint(tmp_path / 'model.pth'), 'model.pth')
    assert predictions(other, batch) == before


@pytest.mark.parametrize('decoder', DECODERS)
def test_a_sample_does_not_depend_on_its_batch(build, pack, sample, decoder):
    model = build(**config_of(decoder)).eval()
    long, short = sample([1, 2, 7, 8, 9], windows=[5, 6]), sample([1, 2], first_id=20)
    together = predictions(model, pack(short, long, short))
    for found, alone in zip(together, (short, long, short), strict=True):
        expected, = predictions(model, pack(alone))
        assert [entity.span for entity in found] == [entity.span for entity in expected]
        assert [entity.score for entity in found] == pytest.approx([entity.score for entity in expected], abs=1e-5)


def in_units(entity, unit_offsets) -> tuple:
    """The span of a predicted entity as it stands in `unit_spans`."""
    starts, ends = zip(*unit_offsets.tolist(), strict=True) if unit_offsets is not None else (range(99), range(1, 99))
    stretches = tuple((starts.index(start), ends.index(end) + 1) for start, end in entity.stretches)
    return (entity.label, stretches[0][0], stretches[-1][1], *([stretches] if len(stretches) > 1 else []))


@pytest.mark.parametrize('precision', ['float32', 'bfloat16'])
@pytest.mark.parametrize('decoder', sorted(DECODERS.keys() - {'MMOCRSoftmaxDecoder'}))      # it finds nothing untrained
def test_gold_that_is_predicted_has_the_same_score(build, pack, sample, decoder, precision):
    """Characters, words, no units, a text in two windows; the gold is what was predicted."""
    model = build(**config_of(decoder), precision=precision).eval()
    batch = pack(sample([1, 2, 3, 4, 5, 6]), sample([]), sample([1, 2, 7, 8, 9], windows=[5, 6], first_id=33),
                 sample([1, 1, 3, 4], unit_offsets=[[0, 5], [6, 8], [10, 13], [13, 14]], first_id=20),
                 *(sample([*range(1, 10)], first_id=first) for first in (7, 15, 40)))
    expected = predictions(model, batch)
    for each, found in zip(batch.samples, expected, strict=True):
        each.unit_spans = [in_units(entity, each.unit_offsets) for entity in reversed(found)]
    scored = scores_of_gold(model, batch)
    assert scored == with_about_the_same_scores(expected)
    assert sum(map(len, scored)) > 5 and all(type(entity.score) is float for found in scored for entity in found)


def at_temperature_2(found) -> list:
    """Odds become their root."""
    odds = [[(entity, (entity.score / (1 - entity.score)) ** 0.5) for entity in entities] for entities in found]
    return [[entity._replace(score=pytest.approx(root / (1 + root), rel=1e-6)) for entity, root in entities]
            for entities in odds]


def test_temperature_changes_scores_alone(build, batch):
    model = build(**config_of('EfficientGlobalPointerDecoder')).eval()
    before, gold = predictions(model, batch), scores_of_gold(model, batch)
    model.temperature = 2.0
    after = predictions(model, batch)
    assert after == at_temperature_2(before) and scores_of_gold(model, batch) == at_temperature_2(gold)
    assert after != before and sum(map(len, gold)) == 3
    assert predictions(deepcopy(model), batch) == after


def test_training_sets_the_temperature_back(build, batch):
    model = build(neck='FirstTokenNeck')
    model.temperature = 2.0
    model.eval()(batch, mode='loss')
    assert model.temperature == 2
    model.train()
    predictions(model, batch)
    assert model.temperature == 2
    model.train()(batch, mode='loss')
    assert model.temperature == 1


@pytest.mark.parametrize('decoder', DECODERS)
def test_without_gold_or_units_there_is_nothing_to_score(build, pack, sample, decoder):
    model = build(**config_of(decoder)).eval()
    assert model(pack(sample([]), sample([])), mode='score_gold') == [[], []]
    assert model(pack(sample([1, 2, 3]), sample([])), mode='score_gold') == [[], []]


EVERY_PART = pytest.mark.parametrize(
    'config', [*(dict(neck=neck) for neck in NECKS), *map(config_of, DECODERS)], ids=[*NECKS, *DECODERS])


@EVERY_PART
def test_gradient_reaches_every_parameter(build, batch, config):
    """DistributedDataParallel waits for a gradient of each."""
    model = build(**config)
    sum(model(batch, mode='loss').values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name
        assert parameter.grad.isfinite().all(), name


@EVERY_PART
def test_a_batch_without_units_trains_every_parameter_by_0(build, pack, sample, config):
    model, batch = build(**config), pack(sample([]), sample([]))
    sum(model(batch, mode='loss').values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert model.decoder.reads_tokens or not parameter.grad.any(), name     # [CLS] and [SEP] are tokens, too
    assert predictions(model, batch) == [[], []]


@EVERY_PART
def test_a_batch_of_single_units_has_a_gradient_for_every_parameter(build, pack, sample, config):
    model = build(**config)
    sum(model(pack(sample([1]), sample([1])), mode='loss').values()).backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


def test_forward_modes(build, batch):
    model = build(neck='FirstTokenNeck').eval()
    units = model(batch)
    assert units.shape == (13, 16)
    assert torch.equal(units, model.encoder(batch)[batch.unit_to_token])
    assert torch.equal(build().eval()(batch, mode='tensor'), model.encoder(batch))      # (T, H) without a neck
    assert model(batch, mode='loss')['loss_tag'].item() == model.decoder.loss(units, batch)['loss_tag'].item()
    samples = model(batch, mode='predict')
    assert samples is batch.samples
    assert [sample.predicted for sample in samples] == model.decoder.predict(units, batch)


def test_steps_of_the_runner_go_through_the_preprocessor(build, batch):
    model = build(neck='CharFusionNeck')
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    from mmengine.optim import OptimWrapper
    assert 'loss_tag' in model.train_step(batch, OptimWrapper(optimizer))
    with torch.no_grad():
        assert len(model.eval().val_step(batch)) == 3


@pytest.mark.parametrize('neck', [None, *NECKS])
def test_bfloat16_on_cpu(build, batch, neck):
    single, half = build(neck=neck).eval(), build(neck=neck, precision='bfloat16').eval()
    assert half.encoder.layers[0].output.weight.dtype == torch.float32
    reference, hidden = single(batch), half(batch)
    assert not torch.equal(hidden.float(), reference), 'bfloat16 must have been used'
    assert (hidden.float() - reference).norm() / reference.norm() < 2e-2
    if neck:
        loss = half(batch, mode='loss')['loss_tag']
        assert loss.dtype == torch.float32
        assert loss.item() == pytest.approx(single(batch, mode='loss')['loss_tag'].item(), rel=2e-2)
        loss.backward()
        assert all(parameter.grad.isfinite().all() for parameter in half.parameters())
        assert all(0 < entity.score <= 1 for found in predictions(half, batch) for entity in found)


@pytest.mark.parametrize('part', ['model', 'encoder'])
def test_init_weights_loads_the_pretrained_encoder_and_leaves_it(shared, part):
    file = shared / 'golden/transformers/bert/model.safetensors'
    model = NERModel(
        encoder=dict(type='mmner.PretrainedBertEncoder', checkpoint=str(file.parent)),
        neck=dict(type='mmner.CharFusionNeck', hidden_size=24, embedding_size=24),
        decoder=dict(type='mmner.SoftmaxDecoder', hidden_size=24, tag_scheme=dict(type='BIO', categories=['person'])))
    theirs = load_file(file)['embeddings.word_embeddings.weight']
    assert not torch.equal(model.encoder.embeddings.word.weight, theirs)
    (model if part == 'model' else model.encoder).init_weights()
    assert torch.equal(model.encoder.embeddings.word.weight, theirs)
    with torch.no_grad():
        model.encoder.embeddings.word.weight.add_(1)            # training changes it
    model.init_weights()
    assert torch.equal(model.encoder.embeddings.word.weight, theirs + 1)
    assert torch.equal(model.neck.shared[0].weight, theirs + 1)


@pytest.mark.parametrize(('changes', 'message'), [
    (dict(decoder=dict(type='mmner.SoftmaxDecoder')), 'SoftmaxDecoder reads the vectors of units; give the model a'),
    (dict(neck='FirstTokenNeck', decoder=dict(type='mmner.MMOCRSoftmaxDecoder')),
     'MMOCRSoftmaxDecoder reads the vectors of tokens; leave the neck out'),
    (dict(neck='FirstTokenNeck', decoder=dict(hidden_size=8)),
     'SoftmaxDecoder: hidden_size=8, but the encoder gives vectors of 16 values; give hidden_size=16'),
    (dict(neck='CharFusionNeck', encoder=dict(embedding_size=8)),
     'CharFusionNeck: embedding_size=16, but the word vectors of the encoder have 8 values; give embedding_size=8')])
def test_parts_that_do_not_fit_each_other(build, changes, message):
    with pytest.raises(InputError, match=message):
        build(**changes)


@pytest.mark.parametrize(('losses', 'given'), [
    (torch.ones(()), 'a Tensor'), (None, 'a NoneType'), (dict(tag=torch.ones(())), 'the values tag')])
def test_losses_that_nothing_is_trained_by(build, batch, losses, given):
    model = build(neck='FirstTokenNeck')
    model.decoder.loss_of = lambda decisions, batch: losses
    with pytest.raises(InputError, match=f"^SoftmaxDecoder gives {given} to train by; give a dict with a name that "):
        model(batch, mode='loss')
    model.objective = lambda model, batch: losses
    with pytest.raises(InputError, match=f'^function gives {given} to train by; '):
        model(batch, mode='loss')


def test_entities_for_another_number_of_samples(build, batch):
    model = build(neck='FirstTokenNeck')
    model.decoder.predict = lambda hidden, batch: [[], []]
    with pytest.raises(InputError, match='^SoftmaxDecoder gives 2 lists of entities for 3 samples; its `predict` must'):
        model(batch, mode='predict')


def test_a_neck_that_forgets_the_units(build, batch):
    model = build(neck='FirstTokenNeck')
    model.neck.forward = lambda tokens, batch: tokens
    for mode in ('loss', 'predict', 'tensor'):
        with pytest.raises(InputError, match='^FirstTokenNeck gives 22 vectors for 22 tokens and 13 units; its `forw'):
            model(batch, mode=mode)
