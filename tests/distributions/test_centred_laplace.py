"""The Laplace distribution around 0: its rate by quadrature, and torch's own."""

import pytest
import torch
from scipy import integrate
from torch.distributions import Independent, Laplace, kl_divergence

from aetrain.distributions.centred_laplace import CentredLaplace
from aetrain.distributions.diagonal_normal import DiagonalNormal


@pytest.mark.parametrize("loc", [0.0, 0.7, -3.0, 50.0])
@pytest.mark.parametrize("log_scale", [-4.0, 0.0, 1.5])
@pytest.mark.parametrize("b", [0.3, 2.0])
def test_the_rate_of_a_gaussian_by_quadrature(loc: float, log_scale: float, b: float) -> None:
    p = CentredLaplace(torch.zeros(1, dtype=torch.float64), b)
    parameters = torch.tensor([[loc], [log_scale]], dtype=torch.float64)
    q = DiagonalNormal(parameters[0], parameters[1], 1)

    def integrand(z: float) -> float:
        x = torch.tensor([z], dtype=torch.float64)
        return (q.log_prob(x).exp() * (q.log_prob(x) - p.log_prob(x))).item()

    sigma = q.scale.item()
    breaks = [0.0] if abs(loc) < 10 * sigma else None
    found = integrate.quad(
        integrand, loc - 10 * sigma, loc + 10 * sigma, points=breaks, epsabs=1e-11, limit=200
    )
    assert kl_divergence(q, p).item() == pytest.approx(found[0], rel=1e-8, abs=1e-9)


def test_the_rate_of_far_parameters_is_finite() -> None:
    loc = torch.tensor([1e4, -1e4, 0.0]).requires_grad_()
    log_scale = torch.tensor([-10.0, 10.0, -10.0]).requires_grad_()
    rate = kl_divergence(DiagonalNormal(loc, log_scale, 1), CentredLaplace(torch.zeros(3), 1.0))
    rate.backward()
    assert rate.isfinite()
    for parameter in (loc, log_scale):
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
    assert log_scale.grad is not None
    assert (log_scale.grad != 0).all()


def test_it_is_torchs_distribution() -> None:
    torch.manual_seed(0)
    zero = torch.zeros(3, dtype=torch.float64)
    mine, theirs = CentredLaplace(zero, 0.7), Independent(Laplace(zero, 0.7), 1)
    x = torch.randn(4, 3, dtype=torch.float64)
    torch.testing.assert_close(mine.log_prob(x), theirs.log_prob(x))
    q = Independent(Laplace(x, 0.4), 1)
    torch.testing.assert_close(kl_divergence(q, mine), kl_divergence(q, theirs))
