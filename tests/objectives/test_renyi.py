"""The Rényi bound against its limits, the divergence of Gaussians, and itself in float32."""

import math
from itertools import pairwise

import pytest
import torch

from aetrain.errors import UserError
from aetrain.objectives.iwae import iwae
from aetrain.objectives.log_weights import log_weights
from aetrain.objectives.renyi import _power_mean, renyi
from tests.objectives.test_iwae import sampled_elbo
from tests.objectives.toy import Linear, gradients, terms_of


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def test_zero_is_iwae() -> None:
    toy = Linear()
    inference = toy.infer(6)
    found, expected = terms_of(renyi, inference, alpha=0.0)["renyi"], terms_of(iwae, inference)
    torch.testing.assert_close(found, expected["iwae"], rtol=1e-13, atol=1e-13)
    own = [*toy.encoder, *toy.decoder]
    for one, other in zip(gradients(found, own), gradients(expected["iwae"], own), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)


def test_it_tends_to_the_elbo_as_alpha_tends_to_one() -> None:
    """At the rate of |1 − α| half the variance of log w, from both sides; at 1 it is there."""
    inference = Linear().infer(6)
    log_w, _ = log_weights(inference)
    expected = sampled_elbo(inference)
    variance = log_w.var(0, correction=0)
    for distance in (1e-2, 1e-4, 1e-6, 1e-9, -1e-9, -1e-6, -1e-4):
        found = terms_of(renyi, inference, alpha=1 - distance)["renyi"]
        slope = (expected - found) / distance
        torch.testing.assert_close(slope, 0.5 * variance, rtol=100 * abs(distance) + 1e-4, atol=0)
    torch.testing.assert_close(terms_of(renyi, inference, alpha=1.0)["renyi"], expected)


def test_it_falls_as_alpha_rises() -> None:
    inference = Linear().infer(6)
    bounds = [-terms_of(renyi, inference, alpha=a)["renyi"] for a in (-3.0, 0.0, 0.5, 1.0, 2.0)]
    for upper, lower in pairwise(bounds):
        assert (upper > lower).all()


def test_the_gradient_agrees_with_finite_differences() -> None:
    log_w = torch.randn(5, 3).double().requires_grad_()
    for c in (-2.0, -1e-6, 0.0, 1e-6, 0.5, 3.0):
        assert torch.autograd.gradcheck(lambda x, c=c: _power_mean(x, c), log_w)


def test_many_samples_give_the_divergence_of_gaussians() -> None:
    """−1/(1−α) log E_q (p/q)^(1−α) is Rényi's divergence of q from p, known for Gaussians."""
    alpha = 0.5
    # by quadrature of ∫ q^α p^(1−α)
    grid = torch.linspace(-20, 20, 200_001, dtype=torch.float64)
    q = torch.distributions.Normal(0.7, 0.8)
    p = torch.distributions.Normal(0.0, 1.0)
    log_product = alpha * q.log_prob(grid) + (1 - alpha) * p.log_prob(grid)
    expected = torch.trapezoid(log_product.exp(), grid).log().item() / (alpha - 1)
    z = q.sample((400_000,)).double()
    found = -_power_mean(p.log_prob(z) - q.log_prob(z), 1 - alpha)
    assert found.item() == pytest.approx(expected, abs=3e-3)


@pytest.mark.parametrize("c", [-1e-7, 1e-7, 0.5, -50.0, 50.0])
def test_float32_keeps_its_digits(c: float) -> None:
    log_w = -100 * torch.rand(5, 64).double()
    single, double = _power_mean(log_w.float(), c), _power_mean(log_w.float().double(), c)
    torch.testing.assert_close(single.double(), double, rtol=3e-6, atol=0)


def test_an_alpha_that_is_no_number() -> None:
    with pytest.raises(UserError, match=r"objective\.alpha=inf: must be finite"):
        renyi(Linear().infer(2), alpha=math.inf)
