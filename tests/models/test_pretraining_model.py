"""The model against transformers' BertForPreTraining: the same weights, masks and labels."""
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mmner.datasets import pack_samples
from mmner.models import PretrainingModel
from mmner.models.converters.hugging_face import hugging_face_config, hugging_face_weights
from mmner.structures import PretrainingSample
from mmner.utils import InputError

SIZES = dict(vocab_size=50, hidden_size=16, num_layers=2, num_heads=2, intermediate_size=24, max_length=32,
             hidden_dropout=0.0, attention_dropout=0.0)
HEADS = ('mmner.MaskedLanguageHead', 'mmner.NextSentenceHead')
FIRST, SECOND = (4, 9, 3), (6, 2, 8)            # tokens of the texts of three pairs


def make_model(heads=HEADS, **changes) -> PretrainingModel:
    torch.manual_seed(0)
    model = PretrainingModel(encoder=dict(type='mmner.BertEncoder', **SIZES), heads=[dict(type=head) for head in heads],
                             **changes)
    model.init_weights()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def make_samples() -> list[dict]:
    """Three pairs, every third token hidden by id 4; the first and the last pair belong together."""
    random, samples = np.random.default_rng(0), []
    for index, (first, second) in enumerate(zip(FIRST, SECOND, strict=True)):
        ids = random.integers(5, 50, first + second)
        places = np.arange(1 + index, first + second, 3)
        shown = ids.copy()
        shown[places] = 4
        inputs = dict(input_ids=shown, sequence_lengths=[len(ids)], unit_to_token=places, unit_ids=ids[places],
                      token_types=np.repeat([0, 1], [first, second]))
        samples.append(dict(inputs=inputs, data_samples=PretrainingSample(index=index, is_next=index != 1)))
    return samples


@pytest.fixture
def theirs(tmp_path):
    """A function: a model to BertForPreTraining with its weights, by the folder that the converter writes."""
    transformers = pytest.importorskip('transformers')

    def load(model: PretrainingModel):
        save_file(hugging_face_weights(model.encoder, model.heads), tmp_path / 'model.safetensors',
                  metadata=dict(format='pt'))
        (tmp_path / 'config.json').write_text(json.dumps(
            hugging_face_config(model.encoder, pad_id=0, bos_id=2, eos_id=3)))
        bert, info = transformers.BertForPreTraining.from_pretrained(tmp_path, output_loading_info=True)
        assert not info['missing_keys'] and not info['unexpected_keys']
        return bert
    return load


def padded(samples: list[dict]) -> dict:
    """The samples as transformers reads them; labels of -100 are not counted, 0 means that the second text follows."""
    lengths = [len(sample['inputs']['input_ids']) for sample in samples]
    grid = dict(input_ids=torch.zeros(3, max(lengths), dtype=torch.long), attention_mask=torch.zeros(3, max(lengths)),
                token_type_ids=torch.zeros(3, max(lengths), dtype=torch.long),
                labels=torch.full((3, max(lengths)), -100))
    for row, (sample, length) in enumerate(zip(samples, lengths, strict=True)):
        inputs = {key: torch.as_tensor(value) for key, value in sample['inputs'].items()}
        grid['input_ids'][row, :length] = inputs['input_ids']
        grid['attention_mask'][row, :length] = 1
        grid['token_type_ids'][row, :length] = inputs['token_types']
        grid['labels'][row, inputs['unit_to_token']] = inputs['unit_ids']
    return grid | dict(next_sentence_label=torch.tensor([0, 1, 0]))


def test_losses_and_gradients_equal_those_of_transformers(theirs):
    model, samples = make_model(), make_samples()
    bert = theirs(model).train()
    for module in bert.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    losses = model.train()(pack_samples(samples), mode='loss')
    total = bert(**padded(samples)).loss
    assert sorted(losses) == ['loss_mlm', 'loss_nsp']
    torch.testing.assert_close(sum(losses.values()), total, atol=1e-5, rtol=1e-5)
    grid = padded(samples)
    logits = bert(**{key: grid[key] for key in ('input_ids', 'attention_mask', 'token_type_ids')})
    expected = torch.nn.functional.cross_entropy(logits.prediction_logits.flatten(0, 1), grid['labels'].flatten())
    torch.testing.assert_close(losses['loss_mlm'], expected, atol=1e-5, rtol=1e-5)
    sum(losses.values()).backward()
    total.backward()
    for mine, other in ((model.encoder.embeddings.word, bert.bert.embeddings.word_embeddings),
                        (model.encoder.embeddings.token_type, bert.bert.embeddings.token_type_embeddings),
                        (model.heads[0].dense, bert.cls.predictions.transform.dense),
                        (model.heads[1].pooler, bert.bert.pooler.dense)):
        # transformers gives the vector of [PAD] no gradient, though it stands in the last layer
        torch.testing.assert_close(mine.weight.grad[1:], other.weight.grad[1:], atol=1e-5, rtol=1e-4)


def test_the_type_of_a_token_counts():
    model, samples = make_model().eval(), make_samples()
    batch = pack_samples(samples)
    with torch.no_grad():
        typed = model(batch)
        batch.token_types = None
        untyped = model(batch)
        batch.token_types = torch.zeros_like(batch.input_ids)
        assert torch.equal(model(batch), untyped)
    assert not torch.allclose(typed, untyped, atol=1e-2)


def test_predict_fills_every_sample():
    samples = make_model().eval()(pack_samples(make_samples()), mode='predict')
    assert [sample.num_masked for sample in samples] == [3, 3, 3]
    assert all(sample.surprisal > 0 and sample.next_is_correct in (True, False) for sample in samples)


def test_bfloat16_is_near_and_another_precision_is_refused():
    batch = pack_samples(make_samples())
    exact, rounded = (make_model(precision=precision)(batch, mode='loss') for precision in ('float32', 'bfloat16'))
    assert 0 < abs(exact['loss_mlm'] - rounded['loss_mlm']) < 0.05
    with pytest.raises(InputError, match="precision 'int8' is none of float32, bfloat16"):
        make_model(precision='int8')


def test_all_weights_learn_the_masked_tokens_by_heart():
    model, batch = make_model(heads=HEADS[:1]), pack_samples(make_samples())
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        loss = model(batch, mode='loss')['loss_mlm']
        loss.backward()
        optimizer.step()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert loss < 0.1 and all(sample.num_correct == 3 for sample in model.eval()(batch, mode='predict'))


def test_a_checkpoint_of_bert_fills_encoder_and_both_heads(shared):
    folder = shared / 'golden/transformers/bert_pretraining'
    model = PretrainingModel(encoder=dict(type='mmner.PretrainedBertEncoder', checkpoint=str(folder)),
                             heads=[dict(type=head) for head in HEADS])
    model.init_weights()
    weights = load_file(folder / 'model.safetensors')
    for mine, name in ((model.encoder.embeddings.word.weight, 'bert.embeddings.word_embeddings.weight'),
                       (model.heads[0].bias, 'cls.predictions.bias'),
                       (model.heads[1].classifier.weight, 'cls.seq_relationship.weight')):
        assert torch.equal(mine, weights[name])


def test_heads_begin_as_the_encoder_does():
    model = PretrainingModel(encoder=dict(type='mmner.BertEncoder', **SIZES | dict(hidden_size=128)),
                             heads=[dict(type=head) for head in HEADS])
    model.init_weights()
    for layer in (model.heads[0].dense, model.heads[1].pooler):
        assert 0.019 < layer.weight.std().item() < 0.021 and not layer.bias.any()


def test_pairs_need_two_token_types():
    model = PretrainingModel(encoder=dict(type='mmner.BertEncoder', **SIZES, num_token_types=1),
                             heads=[dict(type=HEADS[0])])
    with pytest.raises(InputError, match='pairs of texts need an encoder with two token types'):
        model(pack_samples(make_samples()))
