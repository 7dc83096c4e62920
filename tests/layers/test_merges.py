"""What comes up and what comes down, against the product of their densities."""

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Independent, Normal

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.families import soft_bound
from aetrain.layers.bottom_up import BottomUp
from aetrain.layers.concatenate import Concatenate
from aetrain.layers.precision import Precision
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND, DiagonalGaussian

N, D, U, W = 6, 4, 5, 3


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def given(scale: float = 1.0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, ...]:
    """Return what came up, features up and down, and the prior's mean and log scale."""
    raw = scale * torch.randn(N, 2, D, dtype=dtype)
    features = torch.randn(N, U, dtype=dtype), torch.randn(N, W, dtype=dtype)
    return raw, *features, torch.randn(N, D, dtype=dtype), torch.randn(N, D, dtype=dtype)


def test_the_precision_merge_is_the_product_of_two_gaussians() -> None:
    """log q(z) − log N(z; μ̂, σ̂²) − log p(z) is the same at every z."""
    raw, up, down, loc, log_scale = given()
    prior = DiagonalNormal(loc, log_scale, 1)
    q = Precision(D, U, W)(raw, up, down, prior)
    scale = soft_bound(raw[:, 1], LOG_SCALE_BOUND).exp()
    message = Independent(Normal(raw[:, 0] * (1 + scale.square()), scale), 1)
    z = 3 * torch.randn(50, N, D).double()
    ratio = q.log_prob(z) - message.log_prob(z) - prior.log_prob(z)
    torch.testing.assert_close(ratio, ratio[:1].expand_as(ratio), rtol=0, atol=1e-9)
    torch.testing.assert_close(q.log_scale, q.scale.log())
    # and that constant is −log ∫ N(z; μ̂, σ̂²) p(z) dz = −log N(μ̂; μₚ, σ̂² + σₚ²)
    spread = (message.stddev.square() + prior.stddev.square()).sqrt()
    expected = -Independent(Normal(loc, spread), 1).log_prob(message.mean)
    torch.testing.assert_close(ratio[0], expected)


def test_data_that_say_nothing_leave_the_prior() -> None:
    raw, up, down, loc, log_scale = given()
    raw[:, 0], raw[:, 1] = 0, 1e9
    q = Precision(D, U, W)(raw, up, down, DiagonalNormal(loc, log_scale, 1))
    torch.testing.assert_close(q.log_scale, log_scale, rtol=0, atol=1e-6)
    torch.testing.assert_close(q.loc, loc, rtol=0, atol=1e-6)


def test_under_a_standard_normal_the_raw_mean_is_the_mean() -> None:
    raw, up, down, loc, _ = given()
    zero = torch.zeros_like(loc)
    q = Precision(D, U, W)(raw, up, down, DiagonalNormal(zero, zero, 1))
    torch.testing.assert_close(q.loc, raw[:, 0])


@pytest.mark.parametrize("extreme", [-1e4, 1e4])
def test_extremes_stay_finite(extreme: float) -> None:
    raw, up, down, loc, log_scale = given(dtype=torch.float32)
    raw = (extreme * torch.ones_like(raw)).requires_grad_()
    log_scale = soft_bound(-extreme * torch.ones_like(log_scale), LOG_SCALE_BOUND)
    q = Precision(D, U, W)(raw, up, down, DiagonalNormal(loc, log_scale, 1))
    density = q.log_prob(q.rsample())
    assert density.isfinite().all()
    density.sum().backward()
    assert raw.grad is not None
    assert raw.grad.isfinite().all()


def test_the_bottom_up_posterior_is_what_came_up() -> None:
    raw, up, down, loc, log_scale = given()
    q = BottomUp(D, U, W)(raw, up, down, DiagonalNormal(loc, log_scale, 1))
    expected = DiagonalGaussian((D,))(raw)
    assert torch.equal(q.loc, expected.loc)
    assert torch.equal(q.scale, expected.scale)


@pytest.mark.parametrize("hidden", [(), (7,)])
def test_the_network_merge_adds_to_what_came_up(hidden: tuple[int, ...]) -> None:
    raw, up, down, loc, log_scale = given()
    merge = Concatenate(D, U, W, hidden=hidden).double()
    begins = merge(raw, up, down, DiagonalNormal(loc, log_scale, 1))
    assert torch.equal(begins.loc, raw[:, 0])
    for parameter in merge.parameters():
        nn.init.normal_(parameter)
    q = merge(raw, up, down, DiagonalNormal(loc, log_scale, 1))
    correction = merge.network(up, down)
    torch.testing.assert_close(q.loc, raw[:, 0] + correction[:, 0])
    inputs = [raw, up, down]
    for x in inputs:
        x.requires_grad_()
    q = merge(raw, up, down, DiagonalNormal(loc, log_scale, 1))
    for gradient in torch.autograd.grad(q.loc.sum() + q.log_scale.sum(), inputs):
        assert (gradient != 0).any()


@pytest.mark.parametrize("merge", [Precision, BottomUp, Concatenate])
def test_half_precision_gives_full_distributions(merge: type) -> None:
    raw, up, down, loc, log_scale = given(dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        q = merge(D, U, W)(raw.bfloat16(), up, down, DiagonalNormal(loc, log_scale, 1))
    assert q.loc.dtype == q.scale.dtype == torch.float32
