"""The standard normal against torch's own."""

import torch
from torch.distributions import Independent, Normal, kl_divergence

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.standard_normal import StandardNormal


def test_it_is_torchs_distribution() -> None:
    torch.manual_seed(0)
    zero = torch.zeros(2, 3, dtype=torch.float64)
    p, theirs = StandardNormal(zero, 2), Independent(Normal(zero, zero + 1), 2)
    x = torch.randn(7, 5, 2, 3, dtype=torch.float64)
    assert torch.allclose(p.log_prob(x), theirs.log_prob(x), rtol=1e-12)
    q = DiagonalNormal(x, torch.randn_like(x), 2)
    expected = kl_divergence(Independent(Normal(q.loc, q.scale), 2), theirs.expand((7, 5)))
    assert torch.allclose(kl_divergence(q, p), expected, rtol=1e-12)
    assert p.batch_shape == ()
    assert p.event_shape == (2, 3)
    assert torch.equal(p.mean, zero)
    assert torch.equal(p.variance, zero + 1)


def test_draws() -> None:
    torch.manual_seed(0)
    z = StandardNormal(torch.zeros(3), 1).sample((40_000,))
    assert z.shape == (40_000, 3)
    assert bool((z.mean(0).abs() < 5 / 200).all())
    assert torch.allclose(z.T.cov(), torch.eye(3), atol=0.04)
