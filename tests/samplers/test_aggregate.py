"""The aggregate's draws are draws of the aggregated posterior."""

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.samplers.aggregate import Aggregate


def posterior(n: int) -> DiagonalNormal:
    """Return q(z|x) of n examples in two dimensions."""
    draws = torch.Generator().manual_seed(0)
    loc = 3 * torch.randn(n, 2, generator=draws).sign() + torch.randn(n, 2, generator=draws)
    return DiagonalNormal(loc, 0.5 * torch.randn(n, 2, generator=draws), 1)


def fitted(q: DiagonalNormal, keep: int) -> Aggregate:
    torch.manual_seed(1)
    sampler = Aggregate((2,), codes=keep)
    sampler.fit(q.sample())
    return sampler


def test_draws_are_those_of_the_mixture_of_posteriors() -> None:
    """Moments, and the marginals of 1/n Σ q(z|xᵢ), by Kolmogorov and Smirnov."""
    q = posterior(3000)
    sampler = fitted(q, 2000)
    mean = q.loc.mean(0)
    variance = (q.scale.square() + q.loc.square()).mean(0) - mean.square()
    kept = sampler.points
    assert ((kept.mean(0) - mean).abs() < 4 * (variance / 2000).sqrt()).all()
    torch.testing.assert_close(kept.var(0), variance, rtol=0.1, atol=0)
    for d in range(2):
        loc, scale = q.loc[:, d].numpy(), q.scale[:, d].numpy()

        def cdf(value: np.ndarray, loc: np.ndarray = loc, scale: np.ndarray = scale) -> np.ndarray:
            return stats.norm.cdf(value[:, None], loc, scale).mean(1)

        assert stats.kstest(kept[:, d].numpy(), cdf).pvalue > 1e-3
        drawn = sampler().sample((2000,))[:, d].numpy()
        assert stats.ks_2samp(drawn, q.sample()[:, d].numpy()).pvalue > 1e-3


def test_every_draw_is_a_code_and_all_are_as_likely() -> None:
    z = torch.arange(10.0)[:, None].expand(10, 2)
    sampler = Aggregate((2,), codes=50)
    sampler.fit(z)
    assert sampler.count.item() == 10
    torch.manual_seed(0)
    x: Tensor = sampler().sample((20_000,))
    assert torch.equal(x[:, 0], x[:, 1])
    assert stats.chisquare(torch.bincount(x[:, 0].long(), minlength=10)).pvalue > 1e-3


def test_of_too_many_codes_a_random_part_is_kept() -> None:
    z = torch.arange(1000.0)[:, None]
    sampler = Aggregate((1,), codes=100)
    sampler.fit(z)
    kept = sampler.points.flatten()
    assert len(kept.unique()) == 100
    assert abs(kept.mean() - 499.5) < 4 * 289 / 10
