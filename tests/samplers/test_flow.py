"""The fitted flow against Gaussians, whose entropy is known."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from aetrain.samplers.flow import Flow

KINDS = ["realnvp", "maf", "spline"]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("kind", KINDS)
def test_before_the_fit_it_is_the_standard_normal(kind: str) -> None:
    sampler = Flow((4,), kind=kind).double()  # pyright: ignore[reportArgumentType]
    z = torch.randn(5, 4, dtype=torch.float64)
    expected = stats.norm.logpdf(z.numpy()).sum(1)
    np.testing.assert_allclose(sampler.score(z), expected, rtol=1e-9)


@pytest.mark.parametrize("kind", ["realnvp", "maf"])
def test_a_correlated_gaussian(kind: str) -> None:
    """The mean of −log p(z) comes from above to the entropy, which a product cannot reach."""
    covariance = torch.tensor([[1.0, 0.9 * 3], [0.9 * 3, 9.0]])
    factor = torch.linalg.cholesky(covariance)
    train, test = (torch.randn(n, 2) @ factor.T + 5 for n in (4000, 4000))
    entropy = 1 + math.log(2 * math.pi) + 0.5 * math.log(torch.linalg.det(covariance))
    product = entropy - 0.5 * math.log(1 - 0.9**2)
    sampler = Flow((2,), kind=kind, steps=2, hidden=[16], updates=600, lr=0.01)  # pyright: ignore[reportArgumentType]
    sampler.fit(train)
    found = -sampler.score(test).mean().item()
    error = 1 / math.sqrt(len(test))  # of −log p of a Gaussian in two dimensions
    assert product - entropy > 0.8
    assert entropy - 4 * error < found < entropy + 4 * error + 0.02


def test_the_density_integrates_to_one() -> None:
    """And draws follow it."""
    sampler = Flow((1,), kind="spline", updates=100, hidden=[8]).double()
    sampler.fit(torch.cat([torch.randn(200, 1) - 2, torch.randn(200, 1) * 0.3 + 1]).double())
    grid = torch.linspace(-12, 12, 20_001, dtype=torch.float64)
    density = sampler.score(grid[:, None]).exp()
    cumulative = integrate.cumulative_trapezoid(density, grid, initial=0)
    assert cumulative[-1] == pytest.approx(1, abs=1e-5)
    x = sampler().sample((3000,)).flatten()
    assert stats.kstest(x.numpy(), lambda v: np.interp(v, grid, cumulative)).pvalue > 1e-3
