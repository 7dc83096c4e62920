"""A linear VAE with the exact posterior knows its density exactly."""

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.full_normal import FullNormal
from aetrain.distributions.marginal import Marginal
from aetrain.distributions.standard_normal import StandardNormal

D, E, SCALE = 3, 2, 0.7
W = torch.randn(D, E, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
EXACT = stats.multivariate_normal(np.zeros(D), W.numpy() @ W.numpy().T + SCALE**2 * np.eye(D))


def decode(u: Tensor) -> DiagonalNormal:
    loc = u @ W.T
    return DiagonalNormal(loc, torch.full_like(loc, np.log(SCALE)), 1)


def encode(z: Tensor) -> FullNormal:
    """Return p(u|z) = N(M⁻¹ Wᵀ z, γ² M⁻¹) with M = WᵀW + γ² I."""
    m = torch.linalg.inv(W.T @ W + SCALE**2 * torch.eye(E, dtype=torch.float64))
    loc = z @ W @ m.T
    factor = SCALE * torch.linalg.cholesky(m).expand(*loc.shape, E)
    return FullNormal(loc, factor, factor.diagonal(dim1=-2, dim2=-1).log())


def loose(z: Tensor) -> DiagonalNormal:
    return DiagonalNormal(torch.zeros(*z.shape[:-1], E).double(), torch.zeros(E).double(), 1)


def made(posterior: object = encode) -> Marginal:
    prior = StandardNormal(torch.zeros(E, dtype=torch.float64), 1)
    return Marginal(posterior, decode, prior, torch.Size((D,)))  # pyright: ignore[reportArgumentType]


def test_with_the_exact_posterior_every_draw_gives_the_density() -> None:
    z = torch.randn(4, 5, D, dtype=torch.float64)
    np.testing.assert_allclose(made().log_prob(z), EXACT.logpdf(z.numpy()), rtol=1e-9)


def test_with_another_posterior_it_is_right_on_average() -> None:
    torch.manual_seed(0)
    z = torch.tensor([0.3, -0.4, 0.2], dtype=torch.float64)
    ratio = made(loose).log_prob(z.expand(200_000, D)).exp()
    expected = EXACT.pdf(z.numpy())
    assert abs(ratio.mean().item() - expected) < 4 * ratio.std().item() / 200_000**0.5


def test_draws() -> None:
    torch.manual_seed(0)
    x = made().sample((5000,))
    assert x.shape == (5000, D)
    np.testing.assert_allclose(np.cov(x.numpy().T), EXACT.cov, atol=0.15)
    assert stats.kstest(x[:, 0].numpy(), stats.norm(0, EXACT.cov[0, 0] ** 0.5).cdf).pvalue > 1e-3
