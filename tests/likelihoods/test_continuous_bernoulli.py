import math

import pytest
import torch
from scipy import integrate

from aetrain.distributions.independent_continuous_bernoulli import IndependentContinuousBernoulli
from aetrain.likelihoods.continuous_bernoulli import ContinuousBernoulli
from aetrain.values import UNIT

LOGITS = [-80.0, -3.0, -0.26, -0.24, -1e-3, 0.0, 1e-9, 1e-3, 0.2, 0.25, 0.3, 1.0, 20.0, 90.0]


def test_the_support_and_the_uniform_density() -> None:
    family = ContinuousBernoulli((3,))
    assert family.support == UNIT
    # C(½) = 2 makes the cross entropy of ½ the uniform density
    p = family(torch.zeros(3))
    torch.testing.assert_close(p.log_prob(torch.rand(3)), torch.tensor(0.0), atol=1e-6, rtol=0)
    torch.testing.assert_close(p.mean, torch.full((3,), 0.5))
    torch.testing.assert_close(p.variance, torch.full((3,), 1 / 12))


@pytest.mark.parametrize("logit", LOGITS)
def test_mass_mean_and_variance_by_quadrature(logit: float) -> None:
    d = IndependentContinuousBernoulli(torch.tensor([logit], dtype=torch.float64), 1)

    def moment(power: int) -> float:
        def integrand(x: float) -> float:
            value = torch.tensor([x], dtype=torch.float64)
            return x**power * d.log_prob(value).exp().item()

        points = [1 / (1 + abs(logit)), 1 - 1 / (1 + abs(logit))]
        return integrate.quad(integrand, 0, 1, points=points, epsabs=1e-13, limit=200)[0]

    mass, first, second = map(moment, range(3))
    assert mass == pytest.approx(1, abs=1e-10)
    assert d.mean.item() == pytest.approx(first, abs=1e-10)
    assert d.variance.item() == pytest.approx(second - first**2, abs=1e-9)
    # and as well in float32
    single = IndependentContinuousBernoulli(torch.tensor([logit]), 1)
    assert single.mean.item() == pytest.approx(first, abs=1e-6)
    assert single.variance.item() == pytest.approx(second - first**2, abs=2e-6)


@pytest.mark.parametrize("logit", LOGITS)
def test_draws(logit: float) -> None:
    torch.manual_seed(0)
    d = IndependentContinuousBernoulli(torch.full((1,), logit), 1)
    x = d.sample((40_000,))
    assert ((x >= 0) & (x <= 1)).all()
    assert abs(x.mean() - d.mean) < 5 * (d.variance / 40_000).sqrt()


def test_draws_carry_gradients() -> None:
    logits = torch.tensor([-3.0, 0.1, 4.0], dtype=torch.float64, requires_grad=True)

    def rsample(logits: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(1)
        return IndependentContinuousBernoulli(logits, 1).rsample((5,))

    assert torch.autograd.gradcheck(rsample, logits)


def test_the_density_is_bounded() -> None:
    p = ContinuousBernoulli((1,))(torch.tensor([1e8]))
    assert p.log_prob(torch.ones(1)).item() <= math.log(100) + 1e-5
