import copy

import pytest
import torch
import torch.nn.functional as F

CONFIG = dict(neck='CharFusionNeck')


@pytest.fixture
def model(build):
    return build(**CONFIG).eval()


@pytest.fixture
def batch(pack, sample):
    """Six characters of one token, then two of another; a sequence of words follows."""
    return pack(sample([1] * 6 + [2] * 2), sample([1, 2], first_id=30))


def tied(model) -> bool:
    return model.neck.shared[0].weight is model.encoder.embeddings.word.weight


def test_equal_to_the_concatenation_by_hand(model, batch):
    with torch.no_grad():
        tokens = model.encoder(batch)                                # 4 + 4 tokens
        found = model.neck(tokens, batch)
        linear, _, norm, _ = model.neck.fuse
        rows = [(1, 5, 0), (1, 8, 1), (1, 11, 2), (1, 14, 3), (1, 17, 3), (1, 20, 3), (2, 23, 0), (2, 26, 1),
                (5, 30, 0), (6, 33, 0)]                              # token, word embedding, place: 3 is the last
        joined = torch.stack([torch.cat([tokens[token], model.encoder.embeddings.word.weight[word],
                                         model.neck.place.weight[place]]) for token, word, place in rows])
        expected = F.layer_norm(F.gelu(joined @ linear.weight.T + linear.bias), (16,), norm.weight, norm.bias)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_the_state_dict_holds_the_shared_embedding_once(model):
    assert tied(model)
    assert not [key for key in model.neck.state_dict() if 'shared' in key or 'word' in key]
    assert sum(value.shape == (50, 16) for value in model.state_dict().values()) == 1
    assert sum(parameter is model.encoder.embeddings.word.weight for parameter in model.parameters()) == 1


def test_gradient_flows_into_the_embedding_from_the_neck(model, batch):
    """Characters 8 and 11 are no tokens of the batch: only through the neck can their rows get a gradient."""
    batch.input_ids.fill_(40)
    model.neck(model.encoder(batch), batch).square().sum().backward()
    gradient = model.encoder.embeddings.word.weight.grad
    assert gradient[[8, 11, 40]].abs().sum(1).min() > 0
    assert not gradient[[9, 10]].any()


def test_a_copy_is_tied_to_its_own_encoder(model, batch):
    other = copy.deepcopy(model)
    assert tied(other) and other.neck.shared[0].weight is not model.encoder.embeddings.word.weight
    before = model.extract(batch)
    with torch.no_grad():
        other.encoder.embeddings.word.weight.zero_()
    assert torch.equal(model.extract(batch), before)
    assert not torch.allclose(other.extract(batch), before)


def test_the_tie_outlives_a_change_of_type_and_loading(model, build, batch):
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    other = build(**CONFIG)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    other.load_state_dict(weights)
    assert tied(other)
    torch.testing.assert_close(other.eval().extract(batch), model.extract(batch))
    model.to(torch.bfloat16)
    assert tied(model) and model.neck.shared[0].weight.dtype == torch.bfloat16
    assert model.extract(batch).dtype == torch.bfloat16
