"""The second VAE in one dimension, where its density is an integral."""

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor

from aetrain.samplers.code_vae import CodeVAE


@pytest.fixture
def vae() -> CodeVAE:
    torch.manual_seed(0)
    made = CodeVAE(1, hidden=[8]).double()
    made.begin(3 + 2 * torch.randn(500, 1, dtype=torch.float64))
    return made.requires_grad_(False)


def density(vae: CodeVAE, z: Tensor) -> Tensor:
    """Return p(z), (N,), of points (N,), by a sum over a fine grid of u."""
    u = torch.linspace(-9, 9, 20_001, dtype=torch.float64)
    v = vae.standard(z[:, None, None])
    log_p = vae.decoder(u[:, None]).log_prob(v) - vae.standard.log_volume
    joint = log_p.exp() * torch.from_numpy(stats.norm.pdf(u))
    return torch.trapezoid(joint, u)


def test_log_prob_is_the_integral(vae: CodeVAE) -> None:
    z = torch.tensor([[1.0], [3.0], [5.5]], dtype=torch.float64)
    expected = density(vae, z.flatten()).log()
    found = vae.log_prob(z, 20_000)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_the_costs_bound_it(vae: CodeVAE) -> None:
    """−log p(z|u) + KL on average lies above −log p(z), and so does what the distribution says."""
    z = torch.tensor([[1.0], [3.0], [5.5]], dtype=torch.float64)
    expected = -density(vae, z.flatten()).log()
    n = 4000
    distortion, rate = vae.costs(z.repeat(n, 1))
    bound = (distortion + rate).reshape(n, 3)
    own = -vae().log_prob(z.expand(n, 3, 1))
    error = 4 * own.std(0) / n**0.5
    assert (bound.mean(0) > expected - error).all()
    assert ((bound.mean(0) - own.mean(0)).abs() < 2 * error).all()


def test_draws_follow_the_density(vae: CodeVAE) -> None:
    torch.manual_seed(1)
    x = vae().sample((2000,)).flatten()
    grid = torch.linspace(-8, 14, 301, dtype=torch.float64)
    cumulative = integrate.cumulative_simpson(density(vae, grid).numpy(), x=grid.numpy(), initial=0)
    assert cumulative[-1] == pytest.approx(1, abs=1e-3)
    assert stats.kstest(x.numpy(), lambda v: np.interp(v, grid, cumulative)).pvalue > 1e-3


def test_it_begins_at_the_codes_scale() -> None:
    vae = CodeVAE(2, hidden=[8])
    z = torch.randn(1000, 2) * torch.tensor([5.0, 0.01]) + 7
    vae.begin(z)
    v = vae.standard(z)
    torch.testing.assert_close(v.mean(0), torch.zeros(2), atol=1e-3, rtol=0)
    torch.testing.assert_close(v.std(0), torch.ones(2), atol=1e-2, rtol=0)
    scale = vae.decoder(torch.zeros(1, 2)).scale  # pyright: ignore[reportAttributeAccessIssue]
    assert scale.item() == pytest.approx(1, abs=0.01)
