"""The second VAE learns a bent distribution that the prior misses."""

import torch
from torch import Tensor

from aetrain.samplers.two_stage import TwoStage


def bent(n: int, seed: int) -> Tensor:
    """Return codes (n, 2) near a parabola."""
    draws = torch.Generator().manual_seed(seed)
    a = torch.randn(n, generator=draws)
    b = 0.7 * (a.square() - 1) + 0.1 * torch.randn(n, generator=draws)
    return torch.stack([a, b], 1)


def discrepancy(x: Tensor, y: Tensor) -> float:
    """Return the unbiased squared maximum mean discrepancy with the kernel exp(−½ |x − y|²)."""

    def mean(a: Tensor, b: Tensor, own: bool) -> Tensor:
        kernel = (-0.5 * torch.cdist(a, b).square()).exp()
        n = len(a)
        return (kernel.sum() - n) / (n * (n - 1)) if own else kernel.mean()

    return (mean(x, x, True) + mean(y, y, True) - 2 * mean(x, y, False)).item()


def test_it_comes_nearer_to_the_codes_than_the_prior() -> None:
    torch.manual_seed(0)
    sampler = TwoStage((2,), hidden=[64], updates=800, lr=3e-3)
    sampler.fit(bent(3000, 0))
    other, x = bent(1500, 1), sampler().sample((1500,))
    of_prior = discrepancy(torch.randn(1500, 2), other)
    assert of_prior > 0.03
    assert abs(discrepancy(x, other)) < 0.15 * of_prior
    # and in nats: the second bound of held-out codes is above their density under the prior
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(other).sum(1).mean()
    assert sampler.score(other).mean() > prior + 0.5
