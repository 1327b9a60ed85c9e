import torch

from mmner.models.layers import PairConvolutions


def test_gradients_in_bfloat16():
    """Whatever freed memory holds: with channels last, oneDNN reads some of it for the weights of dilated ones."""
    torch.manual_seed(0)
    convolutions = PairConvolutions(channels=96, dilations=(1, 2, 3))
    for length in (33, 40, 46):
        pairs, mask = torch.randn(4, length, length, 96), torch.ones(4, length, length, dtype=torch.bool)
        convolutions.zero_grad()
        convolutions(pairs, mask).square().mean().backward()
        expected = [weight.grad.clone() for weight in convolutions.parameters()]
        convolutions.zero_grad()
        with torch.autocast('cpu', torch.bfloat16):
            outcome = convolutions(pairs.bfloat16(), mask)
        garbage = [torch.full((size,), torch.nan) for size in (600, 5_000, 100_000, 1_000_000, 5_000_000)]
        del garbage
        outcome.float().square().mean().backward()
        for weight, gradient in zip(convolutions.parameters(), expected, strict=True):
            assert (weight.grad - gradient).norm() < 0.02 * gradient.norm()
