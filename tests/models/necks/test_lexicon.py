import numpy as np
import pytest
import torch

from mmner.models.checkpoint import load_model
from mmner.models.necks import LexiconNeck
from mmner.utils import InputError

BEGIN, MIDDLE, END, SINGLE = range(4)
INNER = dict(type='mmner.FirstTokenNeck')


@pytest.fixture
def model(build):
    return build(neck='LexiconNeck').eval()


def told(sample, *pairs: tuple[int, int]) -> dict:
    """A sample of three units and what the lexicon tells about them, in pairs."""
    made = sample([1, 2, 3])
    made['inputs']['lexicon_units'], made['inputs']['lexicon_ids'] = np.array(pairs, np.int32).reshape(-1, 2).T
    return made


def test_equal_to_the_sums_by_hand(model, pack, sample):
    """The conftest's tags are noun and name; sorted, name has the features 0 to 3, noun 4 to 7."""
    batch = pack(told(sample), told(sample, (0, 4), (2, 1), (2, 6), (2, 3)), sample([]), told(sample, (1, 0)))
    tokens = model.encoder(batch)
    name, noun = model.neck.features['tag_name'], model.neck.features['tag_noun']
    sums = torch.zeros(9, 6)
    sums[3] = noun[BEGIN]
    sums[5] = name[MIDDLE] + noun[END] + name[SINGLE]
    sums[7] = name[BEGIN]
    linear = model.neck.fuse[0]
    expected = torch.cat([tokens[batch.unit_to_token], sums], dim=1) @ linear.weight.T + linear.bias
    torch.testing.assert_close(model.neck(tokens, batch), expected)


def test_a_sample_does_not_depend_on_its_batch(model, pack, sample):
    some, none = told(sample, (0, 4), (2, 1), (2, 6)), told(sample)
    with torch.no_grad():
        together = model.extract(pack(none, some, some, sample([]), none)).split(3)
        for found, alone in zip(together, (none, some, some, none), strict=True):
            torch.testing.assert_close(found, model.extract(pack(alone)), atol=1e-5, rtol=0)
    assert not torch.allclose(together[0], together[1])


def test_units_without_words_train_every_parameter(build, pack, sample):
    model = build(neck='LexiconNeck')
    model.extract(pack(told(sample))).sum().backward()
    assert all(weight.grad is not None and not weight.grad.any() for weight in model.neck.features.values())
    assert model.neck.fuse[0].weight.grad.any()


def test_the_vectors_of_units_come_from_the_inner_neck(build, pack):
    model = build(neck=None, decoder=dict(hidden_size=16)).eval()
    inner = dict(type='mmner.CharFusionNeck', hidden_size=16, embedding_size=16)
    neck = LexiconNeck(neck=inner, hidden_size=16, tags=['name', 'noun']).eval()
    neck.attach(model.encoder)
    assert neck.neck.shared[0] is model.encoder.embeddings.word
    batch = pack(5)
    tokens = model.encoder(batch)
    units = torch.cat([neck.neck(tokens, batch), neck.of_units(batch)], dim=1)
    torch.testing.assert_close(neck(tokens, batch), neck.fuse(units))


def weights_of(*tags: str) -> dict:
    return LexiconNeck(neck=INNER, hidden_size=4, tags=tags).state_dict()


def test_a_checkpoint_fits_its_tags_in_any_order():
    neck = LexiconNeck(neck=INNER, hidden_size=4, tags=['values', 'n', '人名', 'nz'])
    weights = weights_of('nz', '人名', 'n', 'values')
    load_model(neck, weights, 'a.pth')
    expected = torch.cat([weights[f'features.tag_{tag}'] for tag in sorted(['values', 'n', '人名', 'nz'])])
    assert torch.equal(torch.cat(list(neck.features.values())), expected)


def test_a_checkpoint_of_other_tags_is_refused():
    neck = LexiconNeck(neck=INNER, hidden_size=4, tags=['n', 'game'])
    with pytest.raises(InputError) as caught:
        load_model(neck, weights_of('n', 'nz'), 'a.pth')
    assert str(caught.value) == (
        'a.pth: does not fit the model; missing: 1 keys (features.tag_game); unexpected: 1 keys (features.tag_nz); use '
        'the config that it was trained with')


@pytest.mark.parametrize(('key', 'message'), [
    (None, 'LexiconNeck: the pipeline has no MatchLexicon; '),
    (5, 'LexiconNeck: the pipeline has a MatchLexicon with other tags; ')])
def test_a_pipeline_that_does_not_fit_is_refused(model, pack, key, message):
    batch = pack(5)
    batch.lexicon_key = key
    with pytest.raises(InputError, match=message):
        model(batch)
