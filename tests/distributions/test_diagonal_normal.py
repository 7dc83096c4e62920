"""The diagonal normal against torch's own."""

import torch
from torch.distributions import Independent, Normal, kl_divergence

from aetrain.distributions.diagonal_normal import DiagonalNormal


def made(*shape: int) -> tuple[DiagonalNormal, Independent]:
    loc = torch.randn(*shape, dtype=torch.float64)
    log_scale = torch.randn(*shape, dtype=torch.float64)
    return DiagonalNormal(loc, log_scale, 1), Independent(Normal(loc, log_scale.exp()), 1)


def test_it_is_torchs_distribution() -> None:
    torch.manual_seed(0)
    (q, theirs_q), (p, theirs_p) = made(5, 3), made(3)
    assert torch.allclose(kl_divergence(q, p), kl_divergence(theirs_q, theirs_p), rtol=1e-12)
    x = torch.randn(7, 5, 3, dtype=torch.float64)
    assert torch.allclose(q.log_prob(x), theirs_q.log_prob(x), rtol=1e-12)
    assert q.batch_shape == (5,)
    assert q.event_shape == (3,)
    assert torch.equal(q.mean, theirs_q.mean)


def test_draws() -> None:
    torch.manual_seed(0)
    q, theirs = made(5, 3)
    z = q.rsample((20_000,))
    assert z.shape == (20_000, 5, 3)
    error = theirs.stddev / 20_000**0.5
    assert bool(((z.mean(0) - theirs.mean).abs() < 5 * error).all())
    assert torch.allclose(z.std(0), theirs.stddev, rtol=0.03)
