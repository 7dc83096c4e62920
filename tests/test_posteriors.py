"""One battery over every posterior in conf/."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor
from torch.distributions import Distribution, kl_divergence
from torch.nn.functional import linear

from aetrain.distributions.product import Product
from aetrain.objectives.rate import rate
from aetrain.posteriors.implicit import Implicit
from aetrain.spaces import Space
from tests.battery import Case, cases, copies, oracle, redo
from tests.posteriors.space import family, points, priors, raw_for, size, total

POSTERIORS = cases("posterior")
DENSITIES = [p for p in POSTERIORS if oracle(p.values[0]).log_prob]

# their gradients are estimates or implicit: tests/distributions holds them against expectations
ESTIMATED = ("bernoulli", "von_mises_fisher")

every_posterior = pytest.mark.parametrize("case", POSTERIORS)
with_density = pytest.mark.parametrize("case", DENSITIES)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


# --- shapes ---


@every_posterior
@pytest.mark.parametrize("batch", [(), (4,), (3, 4)], ids=str)
def test_shapes(case: Case, batch: tuple[int, ...]) -> None:
    made = family(case, 6, torch.float32)
    q = made(raw_for(made, *batch, dtype=torch.float32))
    assert (q.batch_shape, q.event_shape) == (batch, made.event) == (batch, (6,))
    assert q.has_rsample
    assert q.mean.shape == (*batch, 6)
    assert repr(q)
    for shape in [(), (2,), (2, 3)]:
        for z in (q.sample(shape), q.rsample(shape)):
            assert z.shape == (*shape, *batch, 6)
            assert z.dtype == q.mean.dtype == torch.float32
            assert z.isfinite().all()
            if made.has_density:
                assert q.log_prob(z).shape == q.log_prob(z.clone()).shape == (*shape, *batch)
    assert not q.sample().requires_grad
    if made.has_density:
        z = points(made, dtype=torch.float32)
        assert q.log_prob(z).shape == batch
        torch.testing.assert_close(q.log_prob(z), q.log_prob(z.expand(*batch, 6).clone()))


@every_posterior
@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_smallest_latents(case: Case, d: int) -> None:
    if (d % 2 and "classes=2" in case.options) or size(case, d) != d:
        pytest.skip("not among those that it takes")
    made = family(case, d)
    raw = raw_for(made, 4).requires_grad_()
    q = made(raw)
    z = q.rsample((2,))
    assert z.shape == (2, 4, d)
    cost = z.square().sum() + (q.log_prob(z).sum() if made.has_density else 0)
    cost.backward()
    assert raw.grad is not None
    assert raw.grad.isfinite().all()


# --- the density ---


@with_density
@pytest.mark.parametrize("d", [2, 6])
def test_log_prob_is_the_oracles(case: Case, d: int) -> None:
    made = family(case, d)
    reference = oracle(case).log_prob
    assert reference is not None
    raw, z = raw_for(made, 2, 3), points(made, 2, 3)
    terms = np.asarray(reference(made, raw.numpy(), z.numpy()))
    expected = terms.reshape(2, 3, -1).sum(-1)
    np.testing.assert_allclose(made(raw).log_prob(z).detach(), expected, rtol=1e-8, atol=1e-8)


@with_density
def test_densities_integrate_and_masses_sum_to_one(case: Case) -> None:
    # sums over a grid: cusps and jumps of derivatives limit them
    kinked = case.choice in ("laplace", "spline_coupling", "radial")
    assert total(case) == pytest.approx(1, abs=2e-3 if kinked else 1e-5)


@with_density
def test_samples_follow_the_density(case: Case) -> None:
    """E_q[p(z) / q(z)] = 1 for another p of the same family, and E_q[f p / q] = E_p[f]."""
    made = family(case, 4)
    n = 40_000
    raw = 0.5 * raw_for(made)
    with torch.no_grad():
        near = raw + 0.1 * torch.randn_like(raw)
        q, p = made(raw), made(near)
        z = q.sample((n,))
        weight = (p.log_prob(z) - q.log_prob(z)).exp()
        other = p.sample((n,))
        for of in (torch.ones_like, torch.tanh, torch.square):
            a, b = weight.unsqueeze(-1) * of(z).clamp(max=9), of(other).clamp(max=9)
            error = ((a.var(0) + b.var(0)) / n).sqrt()
            assert ((a.mean(0) - b.mean(0)).abs() <= 4.5 * error + 1e-12).all(), of


@with_density
def test_samples_of_one_dimension_follow_the_density(case: Case) -> None:
    made = family(case, 1)
    q = made(raw_for(made))
    if made.space is not Space.REAL:
        return  # tests/distributions
    with torch.no_grad():
        z = q.sample((10_000,)).flatten()
        grid = torch.linspace(z.min().item() - 0.1, z.max().item() + 0.1, 20_001).double()
        p = q.log_prob(grid[:, None]).exp()
    cumulative = torch.cumulative_trapezoid(p, grid).numpy()
    assert cumulative[-1] == pytest.approx(1, abs=3e-3)
    cdf = lambda x: np.interp(x, grid[1:].numpy(), cumulative / cumulative[-1])  # noqa: E731
    assert stats.kstest(z.numpy(), cdf).pvalue > 1e-3


@every_posterior
def test_moments_are_the_samples(case: Case) -> None:
    made = family(case, 6)
    if isinstance(made, Implicit):
        return  # its moments are those over fixed noise, see tests/posteriors
    q = made(raw_for(made))
    n = 40_000
    with torch.no_grad():
        z = q.sample((n,))
        try:
            variance = q.variance
        except NotImplementedError:
            return  # of flows, directions and relaxed values none is known
        assert ((z.mean(0) - q.mean).abs() <= 4.5 * (variance / n).sqrt() + 1e-12).all()
        squares = (z - q.mean) ** 2
        error = 4.5 * squares.std(0) / math.sqrt(n)
        assert ((squares.mean(0) - variance).abs() <= error + 1e-12).all()


# --- gradients ---


@with_density
def test_the_densitys_gradient_agrees_with_finite_differences(case: Case) -> None:
    made = family(case, 2)
    raw, z = raw_for(made, 2).requires_grad_(), points(made, 2)
    own = copies(made)

    def log_prob(z: Tensor, raw: Tensor, *own: Tensor) -> Tensor:
        return redo(made, raw, own).log_prob(z)

    # of a spline's own network the many parameters along one random direction
    fast = len(own) > 0
    inputs = (z.requires_grad_(made.space in (Space.REAL, Space.BALL)), raw, *own)
    assert torch.autograd.gradcheck(log_prob, inputs, fast_mode=fast)


@every_posterior
def test_the_draws_gradient_agrees_with_finite_differences(case: Case) -> None:
    if case.choice in ESTIMATED:
        pytest.skip("an estimate: see tests/distributions")
    made = family(case, 2)
    raw, own = raw_for(made, 2).requires_grad_(), copies(made)

    def draw(raw: Tensor, *own: Tensor) -> Any:
        torch.manual_seed(1)
        q = redo(made, raw, own)
        z = q.rsample((2,))
        return (z, q.log_prob(z)) if made.has_density else z

    assert torch.autograd.gradcheck(draw, (raw, *own), fast_mode=len(own) > 0)


@every_posterior
def test_the_gradient_reaches_every_parameter(case: Case) -> None:
    made = family(case, 6, torch.float32)
    raw = raw_for(made, 7, dtype=torch.float32).requires_grad_()
    q = made(raw)
    z = q.rsample((2,))
    cost = (z * torch.randn(6)).sum() + z.square().sum()
    if made.has_density:
        cost = cost + q.log_prob(z).sum()
    cost.backward()
    for parameter in (raw, *made.parameters()):
        gradient = parameter.grad
        assert gradient is not None
        assert gradient.isfinite().all()
        if parameter is raw:
            assert (gradient != 0).all()
        else:  # what a mask forbids has none
            assert (gradient != 0).any()


# --- far out ---


@every_posterior
@pytest.mark.parametrize("size", [1e4, -1e4, None], ids=["+1e4", "-1e4", "mixed"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_great_outputs_give_finite_loss_and_gradient(
    case: Case, size: float | None, dtype: torch.dtype
) -> None:
    made = family(case, 6, torch.float32)
    raw = torch.full((16, *made.parameter_shape), size or 1e4, dtype=dtype)
    raw = (raw * torch.randn_like(raw).sign() if size is None else raw).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        q = made(raw)
        z = q.rsample((2,))
        cost = z.square().mean((0, -1))
        if made.has_density:
            cost = cost + rate(q, z, _priors(made)[0]) + q.log_prob(z).mean(0)
    assert cost.dtype == torch.float32
    assert cost.isfinite().all()
    cost.sum().backward()
    assert raw.grad is not None
    assert raw.grad.isfinite().all()
    assert (oracle(case).log_scales(made, raw.grad) != 0).all()


def _priors(made: Any, dtype: torch.dtype = torch.float32) -> list[Distribution]:
    return priors(made, made.event[0], dtype)


@every_posterior
def test_outputs_of_zero_are_a_start(case: Case) -> None:
    """Networks may begin with them."""
    made = family(case, 6, torch.float32)
    raw = torch.zeros(4, *made.parameter_shape, requires_grad=True)
    q = made(raw)
    z = q.rsample((2,))
    cost = z.sum() + (q.log_prob(z).sum() if made.has_density else 0)
    cost.backward()
    assert raw.grad is not None
    assert z.isfinite().all()
    assert raw.grad.isfinite().all()
    assert raw.grad.any()


# --- precision ---


@with_density
def test_densities_are_float32_under_autocast(case: Case) -> None:
    """The network computes in half precision, the family does not."""
    made = family(case, 6, torch.float32)
    weight = 0.3 * torch.randn(made.parameter_shape.numel(), 5)
    h = torch.randn(4, 5)
    z = points(made, 4, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        raw = linear(h, weight)
        assert raw.dtype == torch.bfloat16
        q = made(raw.unflatten(1, made.parameter_shape))
        log_prob = q.log_prob(z)
        assert q.mean.dtype == q.sample().dtype == log_prob.dtype == torch.float32
    if list(made.parameters()):
        return  # its own network computes in half precision
    again = made(raw.float().unflatten(1, made.parameter_shape)).log_prob(z)
    assert torch.equal(log_prob, again)


@with_density
def test_float32_agrees_with_float64(case: Case) -> None:
    made = family(case, 6, torch.float32)
    raw = raw_for(made, 16)
    z = points(family(case, 6), 16)
    single = made(raw.float()).log_prob(z.float())
    assert single.dtype == torch.float32
    double = made.double()(raw).log_prob(z)
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=2e-4)


@with_density
def test_drawn_densities_in_float32_agree_with_float64(case: Case) -> None:
    made = family(case, 6, torch.float32)
    raw = raw_for(made, 16)
    q = made(raw.float())
    with torch.no_grad():
        z = q.sample((2,))
        single = q.log_prob(z)
        double = made.double()(raw).log_prob(z.double())
    torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=2e-4)


# --- what does not depend on what ---


@every_posterior
def test_state_dict_round_trip(case: Case) -> None:
    one, other = family(case, 6), family(case, 6)
    other.load_state_dict(one.state_dict(), strict=True)
    raw = raw_for(one, 4)
    assert torch.equal(one(raw).mean, other(raw).mean)
    if one.has_density:
        z = points(one, 4)
        assert torch.equal(one(raw).log_prob(z), other(raw).log_prob(z))


@every_posterior
def test_an_example_does_not_depend_on_the_rest_of_its_batch(case: Case) -> None:
    made = family(case, 6)
    raw = raw_for(made, 6)
    whole, parts = made(raw), [made(part) for part in raw.split(2)]
    torch.testing.assert_close(whole.mean, torch.cat([p.mean for p in parts]), rtol=0, atol=1e-12)
    if made.has_density:
        z = points(made, 6)
        pieces = [p.log_prob(x) for p, x in zip(parts, z.split(2), strict=True)]
        torch.testing.assert_close(whole.log_prob(z), torch.cat(pieces), rtol=1e-9, atol=1e-9)


@every_posterior
def test_a_sample_does_not_depend_on_the_others(case: Case) -> None:
    made = family(case, 6)
    if not made.has_density:
        return
    q, z = made(raw_for(made, 3)), points(made, 5, 2, 3)
    whole = q.log_prob(z)
    torch.testing.assert_close(whole[3, 1], q.log_prob(z[3, 1].clone()), rtol=1e-9, atol=1e-9)


# --- rates ---


@with_density
def test_the_rate_is_what_samples_say(case: Case) -> None:
    made = family(case, 6)
    n = 20_000
    with torch.no_grad():
        q = made(0.5 * raw_for(made, 4))
        z = q.sample((n,))
        log_q = q.log_prob(z)
        for p in _priors(made, torch.float64):
            log_ratio = log_q - p.log_prob(z)
            error = 4.5 * log_ratio.std(0) / math.sqrt(n)
            exact = rate(q, q.rsample((n,)), p)
            assert exact.shape == (4,)
            assert ((exact - log_ratio.mean(0)).abs() < 1.5 * error + 1e-9).all()
            assert (exact > -error).all()


@with_density
def test_a_closed_form_is_zero_for_equals_alone(case: Case) -> None:
    made = family(case, 6)
    one, other = raw_for(made, 4), raw_for(made, 4)
    try:
        kl_divergence(made(one), made(one))
    except NotImplementedError:
        return
    zero = kl_divergence(made(one), made(one))
    torch.testing.assert_close(zero, torch.zeros_like(zero), rtol=0, atol=1e-12)
    assert (kl_divergence(made(one), made(other)) > 1e-3).all()


@pytest.mark.parametrize(
    "case",
    [p for p in DENSITIES if p.values[0].choice in ("laplace", "bernoulli", "diagonal_gaussian")],
)
def test_products_have_a_rate_for_each_dimension(case: Case) -> None:
    made = family(case, 6)
    q = made(raw_for(made, 4))
    assert isinstance(q, Product)
    for p in _priors(made, torch.float64):
        if not isinstance(p, Product):
            continue
        try:
            each = kl_divergence(q.base_dist, p.base_dist)
        except NotImplementedError:
            continue
        torch.testing.assert_close(each.sum(-1), kl_divergence(q, p))
