"""The von Mises–Fisher distribution: scipy, quadrature, and expectations in closed form."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats
from torch import Tensor
from torch.distributions import kl_divergence

from aetrain.distributions.bessel import log_bessel
from aetrain.distributions.polar_angle import polar_angle
from aetrain.distributions.spherical_uniform import SphericalUniform
from aetrain.distributions.von_mises_fisher import VonMisesFisher

DIMENSIONS = [2, 3, 10, 64]
CONCENTRATIONS = [1e-3, 1.0, 30.0, 1e4]


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def direction(m: int) -> Tensor:
    v = torch.randn(m, dtype=torch.float64)
    return v / v.norm()


def made(m: int, kappa: float) -> VonMisesFisher:
    return VonMisesFisher(direction(m), torch.tensor(kappa, dtype=torch.float64))


@pytest.mark.parametrize("m", DIMENSIONS)
@pytest.mark.parametrize("kappa", [0.1, 1.0, 30.0, 400.0])
def test_log_prob_is_scipys(m: int, kappa: float) -> None:
    q = made(m, kappa)
    z = torch.cat([q.sample((5,)), SphericalUniform(torch.zeros(m).double()).sample((5,))])
    scipys: Any = stats.vonmises_fisher
    expected = scipys.logpdf(z.numpy(), q.loc.numpy(), kappa)
    np.testing.assert_allclose(q.log_prob(z), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("m", [2, 3, 5, 10])
@pytest.mark.parametrize("k", [0.1, 1.0, 30.0, 400.0])
def test_the_rate_to_the_uniform(m: int, k: float) -> None:
    """k I_{m/2}(k) / I_{m/2−1}(k) + log C_m(k) + log(2 π^{m/2} / Γ(m/2)), by scipy."""
    order = m / 2 - 1
    log_i = np.log(special.ive(order, k)) + k
    log_c = order * np.log(k) - m / 2 * np.log(2 * np.pi) - log_i
    log_area = np.log(2) + m / 2 * np.log(np.pi) - special.gammaln(m / 2)
    expected = k * special.ive(m / 2, k) / special.ive(order, k) + log_c + log_area
    found = kl_divergence(made(m, k), SphericalUniform(torch.zeros(m).double()))
    assert found.item() == pytest.approx(expected, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("m", [2, 5, 64, 1000])
def test_the_limits_of_the_rate(m: int) -> None:
    """κ² / 2m near 0; near the top that of a normal of m − 1 dimensions and variance 1/κ."""
    uniform = SphericalUniform(torch.zeros(m))
    small = torch.tensor([1e-3, 1e-6], requires_grad=True)
    kl = kl_divergence(VonMisesFisher(torch.eye(m)[0], small), uniform)
    torch.testing.assert_close(kl, small**2 / (2 * m), rtol=1e-3, atol=1e-10)
    kl.sum().backward()
    assert small.grad is not None
    torch.testing.assert_close(small.grad, small.detach() / m, rtol=1e-3, atol=1e-9)
    great = torch.tensor(1e5, requires_grad=True)
    kl = kl_divergence(VonMisesFisher(torch.eye(m)[0], great), uniform)
    entropy = (m - 1) / 2 * math.log(2 * math.pi * math.e / 1e5)
    log_area = math.log(2) + m / 2 * math.log(math.pi) - math.lgamma(m / 2)
    assert kl.item() == pytest.approx(log_area - entropy, abs=1e-3 + m**2 / 1e5)
    kl.backward()
    assert great.grad is not None
    assert great.grad.item() == pytest.approx((m - 1) / 2 / 1e5, rel=1e-3 + m / 1e5)


@pytest.mark.parametrize("m", DIMENSIONS)
@pytest.mark.parametrize("kappa", CONCENTRATIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_angles_and_their_gradient(m: int, kappa: float, dtype: torch.dtype) -> None:
    """The distribution function on a grid; its inverse's derivative by central differences."""
    k = torch.tensor(kappa, dtype=dtype, requires_grad=True)
    gap = 1 - log_bessel(k.detach().double(), m / 2 - 1)[1]
    theta = polar_angle(k, gap.to(dtype), m, (3000,))
    middle = 2 * math.asin(math.sqrt(gap.item() / 2))
    reach = 12 / math.sqrt(kappa + m)
    grid = np.linspace(max(0, middle - reach), min(math.pi, middle + reach), 40_001)

    def function(k: float) -> Any:
        log_p = -2 * k * np.sin(grid / 2) ** 2 + (m - 2) * np.log(np.sin(grid).clip(1e-300))
        p = np.exp(log_p - log_p.max())
        total = integrate.cumulative_simpson(p, x=grid, initial=0)
        return total / total[-1], p / total[-1]

    cumulative, density = function(kappa)
    t = theta.detach().double().numpy()
    assert stats.kstest(t, lambda x: np.interp(x, grid, cumulative)).pvalue > 1e-3
    step = 1e-4 * kappa
    by_kappa = (function(kappa + step)[0] - function(kappa - step)[0]) / (2 * step)
    inner = (np.interp(t, grid, cumulative) > 1e-3) & (np.interp(t, grid, cumulative) < 0.999)
    expected = -np.interp(t, grid, by_kappa) / np.interp(t, grid, density)
    found = [torch.autograd.grad(theta[i], k, retain_graph=True)[0].item() for i in range(100)]
    np.testing.assert_allclose(np.array(found)[inner[:100]], expected[:100][inner[:100]], rtol=1e-3)


@pytest.mark.parametrize("m", DIMENSIONS)
@pytest.mark.parametrize("kappa", CONCENTRATIONS)
def test_draws_lie_on_the_sphere_around_the_mean(m: int, kappa: float) -> None:
    n = 20_000
    q = made(m, kappa)
    z = q.sample((n,))
    torch.testing.assert_close(z.norm(dim=-1), torch.ones(n).double())
    single = VonMisesFisher(q.loc.float(), q.concentration.float()).sample((n,))
    torch.testing.assert_close(single.norm(dim=-1), torch.ones(n), rtol=0, atol=2e-6)
    for draws in (z, single.double()):
        error = 4.5 * draws.std(0) / math.sqrt(n)
        assert ((draws.mean(0) - q.mean).abs() < error + 1e-7).all()


@pytest.mark.parametrize("m", [2, 3, 10])
@pytest.mark.parametrize("kappa", [0.5, 5.0, 100.0])
def test_the_gradient_of_expectations(m: int, kappa: float) -> None:
    """E aᵀz = A aᵀμ and E (aᵀz)² = A/κ |a|² + (1 − m A/κ) (aᵀμ)², with both parameters moved."""
    n = 40_000
    raw = torch.randn(m, dtype=torch.float64, requires_grad=True)
    log_kappa = torch.tensor(math.log(kappa), dtype=torch.float64, requires_grad=True)
    a = torch.randn(m, dtype=torch.float64)

    def q(n: int) -> VonMisesFisher:
        loc = (raw / raw.norm()).expand(n, m)
        return VonMisesFisher(loc, log_kappa.exp().expand(n))

    exact = q(1)
    ratio = log_bessel(exact.concentration, m / 2 - 1)[1]
    along = (a * exact.loc).sum(-1)
    square = ratio / exact.concentration * a.square().sum()
    square = square + (1 - m * ratio / exact.concentration) * along.square()
    for power, expectation in [(1, ratio * along), (2, square)]:
        # one parameter for each draw: the gradients of all draws apart
        each = raw.detach().expand(n, m).clone().requires_grad_()
        own = log_kappa.detach().expand(n).clone().requires_grad_()
        z = VonMisesFisher(each / each.norm(dim=-1, keepdim=True), own.exp()).rsample()
        found = torch.autograd.grad(((a * z).sum(-1) ** power).sum(), [each, own])
        wanted = torch.autograd.grad(expectation.sum(), [raw, log_kappa], retain_graph=True)
        for draws, value in zip(found, wanted, strict=True):
            error = 4.5 * draws.std(0) / math.sqrt(n)
            assert ((draws.mean(0) - value).abs() < error + 1e-9).all()


def test_second_order_gradients_are_refused_and_not_wrong() -> None:
    k = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    z = VonMisesFisher(direction(3), k).rsample()
    (gradient,) = torch.autograd.grad(z.sum(), k, create_graph=True)
    with pytest.raises(RuntimeError):
        torch.autograd.grad(gradient, k)
