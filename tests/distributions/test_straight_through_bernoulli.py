"""Binary values: their gradient estimator against enumeration, their rate against torch's."""

import itertools
import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Independent, kl_divergence

from aetrain.distributions.independent_bernoulli import IndependentBernoulli
from aetrain.distributions.straight_through_bernoulli import StraightThroughBernoulli


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def quadratic(z: Tensor) -> Tensor:
    a, b, c = z.unbind(-1)
    return 3 * a * b - b * c + 2 * a * b * c + a.square() - 0.5 * (c - 2).square()


def test_the_gradient_is_exact_for_costs_quadratic_in_each_value() -> None:
    n = 200_000
    logits = torch.tensor([0.3, -2.0, 1.5], dtype=torch.float64, requires_grad=True)
    events = torch.tensor(list(itertools.product([0.0, 1.0], repeat=3))).double()
    exact = (StraightThroughBernoulli(logits).log_prob(events).exp() * quadratic(events)).sum()
    (wanted,) = torch.autograd.grad(exact, logits)
    each = logits.detach().expand(n, 3).clone().requires_grad_()
    cost = quadratic(StraightThroughBernoulli(each).rsample()).sum()
    (found,) = torch.autograd.grad(cost, each)
    assert ((found.mean(0) - wanted).abs() < 4.5 * found.std(0) / math.sqrt(n)).all()


def test_draws_are_zero_or_one() -> None:
    logits = torch.tensor([-200.0, -1.0, 0.0, 3.0, 200.0], requires_grad=True)
    z = StraightThroughBernoulli(logits).rsample((10_000,))
    assert ((z == 0) | (z == 1)).all()
    p = logits.detach().sigmoid()
    assert ((z.mean(0) - p).abs() <= 4.5 * (p * (1 - p) / 10_000).sqrt() + 1e-6).all()


def test_rates_are_torchs() -> None:
    a, b = torch.randn(4, 5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    q = StraightThroughBernoulli(a)
    expected = kl_divergence(
        Independent(Bernoulli(logits=a), 1), Independent(Bernoulli(logits=b.expand(4, 5)), 1)
    )
    for p in (StraightThroughBernoulli(b), IndependentBernoulli(b, 1)):
        torch.testing.assert_close(kl_divergence(q, p), expected)
        each = kl_divergence(q.base_dist, p.base_dist)  # which torch's own would refuse
        torch.testing.assert_close(each.sum(-1), expected)
    torch.testing.assert_close(q.mean, a.sigmoid())
    torch.testing.assert_close(q.variance, a.sigmoid() * (1 - a.sigmoid()))
