import math

import pytest
import torch

from mmner.models.layers import PackedSelfAttention, SequenceLayout, packed_attention
from mmner.models.layers.attention import find_varlen_attn
from mmner.utils import InputError

HEADS, SIZE = 2, 8
BACKENDS = ('padded', 'products', 'auto')
LENGTHS = ([1, 510, 7], [5, 5, 5], [3], [1, 1], [2, 9, 1, 4])


def layout_of(lengths, device='cpu') -> SequenceLayout:
    borders = torch.tensor([0, *lengths]).cumsum(0).to(device, torch.int32)
    return SequenceLayout(borders, max(lengths), sum(lengths))


def random_qkv(lengths) -> torch.Tensor:
    return torch.randn(sum(lengths), 3, HEADS, SIZE, generator=torch.Generator().manual_seed(len(lengths)))


def by_hand(qkv, lengths) -> torch.Tensor:
    """softmax(Q K^T / sqrt d) V for one sequence and one head after the other, in float64."""
    rows, start = [], 0
    for length in lengths:
        part = qkv[start:start + length].double()
        heads = []
        for head in range(qkv.shape[2]):
            query, key, value = part[:, :, head].unbind(1)
            exponentials = (query @ key.T / math.sqrt(qkv.shape[3])).exp()
            heads.append(exponentials / exponentials.sum(1, keepdim=True) @ value)
        rows.append(torch.stack(heads, 1))
        start += length
    return torch.cat(rows)


@pytest.mark.parametrize('backend', BACKENDS)
@pytest.mark.parametrize('lengths', LENGTHS, ids=str)
def test_equal_to_the_formula(backend, lengths):
    qkv = random_qkv(lengths)
    attended = packed_attention(qkv, layout_of(lengths), backend=backend)
    assert attended.shape == (sum(lengths), HEADS, SIZE)
    torch.testing.assert_close(attended.double(), by_hand(qkv, lengths), atol=1e-5, rtol=0)


@pytest.mark.parametrize('lengths', [[4, 1, 30], [6, 6]], ids=str)
@pytest.mark.parametrize('backend', BACKENDS)
def test_gradients_equal_those_of_the_formula(backend, lengths):
    weights = torch.randn(sum(lengths), HEADS, SIZE, generator=torch.Generator().manual_seed(1))
    ours, expected = (random_qkv(lengths).requires_grad_() for _ in range(2))
    (packed_attention(ours, layout_of(lengths), backend=backend) * weights).sum().backward()
    (by_hand(expected, lengths) * weights).sum().backward()
    torch.testing.assert_close(ours.grad, expected.grad, atol=1e-5, rtol=0)


@pytest.mark.parametrize('backend', BACKENDS)
@pytest.mark.parametrize('lengths', [[4, 6, 3], [4, 4, 4]], ids=str)
def test_a_sequence_does_not_see_its_neighbours(backend, lengths):
    qkv = random_qkv(lengths)
    changed = qkv.clone()
    changed[4:4 + lengths[1]] *= 100
    before, after = (packed_attention(x, layout_of(lengths), backend=backend) for x in (qkv, changed))
    assert torch.equal(before[:4], after[:4]) and torch.equal(before[4 + lengths[1]:], after[4 + lengths[1]:])
    assert not torch.equal(before[4:4 + lengths[1]], after[4:4 + lengths[1]])


@pytest.mark.parametrize('backend', BACKENDS)
def test_dropout_zeroes_weights_and_keeps_their_mean(backend):
    lengths = [40, 30]
    qkv = torch.ones(70, 3, HEADS, SIZE)                    # equal keys: every weight is 1 / length, the outcome 1
    torch.manual_seed(0)
    attended = packed_attention(qkv, layout_of(lengths), dropout=0.5, backend=backend)
    assert attended.std() > 0.05 and attended.mean().item() == pytest.approx(1, abs=0.1)


def test_module_without_dropout_when_evaluating():
    module = PackedSelfAttention(hidden_size=HEADS * SIZE, num_heads=HEADS, dropout=0.9)
    hidden, layout = torch.randn(9, HEADS * SIZE), layout_of([4, 5])
    assert not torch.equal(module(hidden, layout), module(hidden, layout))
    module.eval()
    qkv = module.qkv(hidden).view(9, 3, HEADS, SIZE)
    expected = module.output(by_hand(qkv, [4, 5]).float().reshape(9, -1))
    torch.testing.assert_close(module(hidden, layout), expected, atol=1e-5, rtol=0)


def test_layout():
    layout = layout_of([1, 3])
    assert layout.key_mask.tolist() == [[True, False, False], [True, True, True]]
    assert layout.grid_index.tolist() == [0, 3, 4, 5]


@pytest.mark.parametrize(('arguments', 'message'), [
    (dict(hidden_size=10, num_heads=3), 'hidden_size=10 is not a multiple of num_heads=3'),
    (dict(hidden_size=8, num_heads=2, backend='flash'), "backend 'flash' is none of auto, varlen, padded"),
])
def test_mistakes_in_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        PackedSelfAttention(**arguments)


def test_varlen_where_it_cannot_be_is_refused():
    with pytest.raises(InputError, match="'varlen' cannot compute torch.float32 on cpu .*attention_backend='auto'"):
        packed_attention(random_qkv([3]), layout_of([3]), backend='varlen')


@pytest.mark.skipif(find_varlen_attn() is None or not torch.cuda.is_available(),
                    reason='variable-length flash attention needs CUDA and torch >= 2.10')
@pytest.mark.parametrize('lengths', LENGTHS, ids=str)
def test_varlen_on_cuda(lengths):
    qkv = random_qkv(lengths).cuda().bfloat16().requires_grad_()
    with pytest.raises(InputError, match='dropout 0.1'):
        packed_attention(qkv, layout_of(lengths, 'cuda'), dropout=0.1, backend='varlen')
    expected_input = qkv.detach().float().requires_grad_()
    attended = packed_attention(qkv, layout_of(lengths, 'cuda'), backend='varlen')
    expected = by_hand(expected_input, lengths)
    torch.testing.assert_close(attended.double(), expected, atol=2e-2, rtol=2e-2)
    attended.float().square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(qkv.grad.float(), expected_input.grad, atol=5e-2, rtol=5e-2)
