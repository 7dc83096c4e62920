"""The discrepancy against its closed form for Gaussians, and by loops."""

import math
from functools import partial

import pytest
import torch
from torch import Tensor

from aetrain.distributions.standard_normal import StandardNormal
from aetrain.objectives.kernels import imq, rbf
from aetrain.objectives.mmd import draws_like, mmd
from tests.objectives.toy import moments

D = 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def expected_kernel(variance: float, loc: Tensor, bandwidth: float) -> float:
    """Return E exp(−|d|² / 2g²) for d ~ N(loc, variance I), g² the bandwidth."""
    whole = bandwidth + variance
    scale = (bandwidth / whole) ** (len(loc) / 2)
    return scale * math.exp(-loc.square().sum().item() / (2 * whole))


def test_the_mean_is_the_closed_form_of_gaussians() -> None:
    """N(m, s² I) against N(0, I), under exp(−|d|² / 2g²) with g² = scale · D."""
    loc, s, scale, n, sets = torch.tensor([0.5, -0.2, 0.3]).double(), 0.6, 0.7, 40, 1000
    g2 = scale * D
    zero = torch.zeros(D)
    expected = (
        expected_kernel(2 * s**2, zero, g2)
        + expected_kernel(2.0, zero, g2)
        - 2 * expected_kernel(1 + s**2, loc, g2)
    )
    a = loc + s * torch.randn(sets, n, D).double()
    b = torch.randn(sets, n, D).double()
    kernel = partial(rbf, scales=[scale])
    found = moments(torch.stack([mmd(x[None], y[None], kernel) for x, y in zip(a, b, strict=True)]))
    assert abs(found.mean.item() - expected) < 4.5 * found.error.item()
    assert found.error < 0.02 * expected
    torch.testing.assert_close(mmd(a, b, kernel), found.mean)


@pytest.mark.parametrize("kernel", [imq, rbf])
def test_it_is_unbiased(kernel: object) -> None:
    """Of two sets of one distribution it is 0 in the mean, even of two points each."""
    a, b = torch.randn(2, 60_000, 2, D).double()
    single = torch.stack([mmd(x, y, kernel) for x, y in zip(a.split(20), b.split(20), strict=True)])
    found = moments(single)
    assert abs(found.mean.item()) < 4.5 * found.error.item()


def test_by_loops() -> None:
    a, b = torch.randn(2, 2, 5, D).double()
    b = b + 1

    def k(x: Tensor, y: Tensor) -> float:
        return imq((x - y).square().sum() / (2 * D)).item()

    expected = 0.0
    for x, y in zip(a, b, strict=True):
        pairs = [(i, j) for i in range(5) for j in range(5)]
        within = sum(k(x[i], x[j]) + k(y[i], y[j]) for i, j in pairs if i != j) / 20
        expected += (within - 2 * sum(k(x[i], y[j]) for i, j in pairs) / 25) / 2
    assert mmd(a, b, imq).item() == pytest.approx(expected, rel=1e-12)


def test_the_gradient_agrees_with_finite_differences() -> None:
    a = torch.randn(1, 5, D).double().requires_grad_()
    b = torch.randn(1, 5, D).double()
    assert torch.autograd.gradcheck(lambda a: mmd(a, b, imq), a)


def test_equal_points_have_a_finite_gradient() -> None:
    a = torch.ones(1, 4, D, requires_grad=True)
    (gradient,) = torch.autograd.grad(mmd(a, torch.randn(1, 4, D), imq), a)
    assert gradient.isfinite().all()


def test_of_one_point_there_are_no_pairs() -> None:
    assert mmd(torch.randn(2, 1, D), torch.randn(2, 1, D), imq) == 0


def test_half_precision_does_not_reach_the_distances() -> None:
    a, b = 10 + torch.randn(2, 1, 50, D)
    with torch.autocast("cpu", torch.bfloat16):
        half = mmd(a, b, imq)
    torch.testing.assert_close(half, mmd(a, b, imq), rtol=1e-5, atol=1e-6)


def test_draws_of_the_prior() -> None:
    """As many as there are codes; with a gradient where it can be had."""
    loc = torch.ones(D, requires_grad=True)
    z = torch.randn(2, 5, D)
    a, b = draws_like(z, StandardNormal(torch.zeros(D), 1))
    assert torch.equal(a, z)
    assert b.shape == (2, 5, D)
    learned = torch.distributions.Independent(torch.distributions.Normal(loc, 1.0), 1)
    assert draws_like(z, learned)[1].requires_grad
