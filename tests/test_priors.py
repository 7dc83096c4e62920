"""One battery over every prior in conf/."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor
from torch.nn.functional import one_hot

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.product import Product
from aetrain.errors import UserError
from aetrain.objectives.rate import rate
from aetrain.spaces import Space
from tests.battery import Case, cases, copies, oracle
from tests.priors.space import SIDE, plane, points, prior, size, total

PRIORS = cases("prior")
REAL = [p for p in PRIORS if prior(p.values[0], 2).space is Space.REAL]

every_prior = pytest.mark.parametrize("case", PRIORS)
with_density = pytest.mark.parametrize("case", [p for p in PRIORS if oracle(p.values[0]).log_prob])
every_real = pytest.mark.parametrize("case", [p for p in REAL if oracle(p.values[0]).log_prob])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


# --- the density ---


@every_prior
def test_shapes(case: Case) -> None:
    made = prior(case, size(case, 6), torch.float32)
    d = made()
    assert made.event == d.event_shape == (size(case, 6),)
    assert d.batch_shape == ()
    for shape in [(), (4,), (2, 3)]:
        z = d.sample(shape)
        assert z.shape == (*shape, *made.event)
        assert z.dtype == torch.float32
        assert z.isfinite().all()
        assert not z.requires_grad
        if made.has_density:
            assert d.log_prob(z).shape == shape


@every_prior
def test_a_prior_without_a_density_says_so(case: Case) -> None:
    made = prior(case, size(case, 6))
    assert made.has_density == (oracle(case).log_prob is not None)
    if not made.has_density:
        with pytest.raises(UserError, match=f"prior={case.choice} can only be sampled"):
            made().log_prob(made().sample())


@with_density
@pytest.mark.parametrize("wanted", [2, 6])
def test_log_prob_is_the_oracles(case: Case, wanted: int) -> None:
    made = prior(case, size(case, wanted))
    reference = oracle(case).log_prob
    assert reference is not None
    z = points(made, 3, 4)
    terms = np.asarray(reference(made, None, z.numpy()))
    expected = terms.reshape(3, 4, -1).sum(-1)
    np.testing.assert_allclose(made().log_prob(z).detach(), expected, rtol=1e-8, atol=1e-8)


@with_density
def test_densities_integrate_and_masses_sum_to_one(case: Case) -> None:
    # the second derivative of splines has jumps, which a sum over a grid feels: the error falls as
    # the square of the spacing; tests/priors/test_flow.py has an adaptive integral
    tolerance = 1e-3 if "kind=spline" in case.options else 1e-7
    assert total(case) == pytest.approx(1, abs=tolerance)


# --- samples ---


@every_prior
def test_samples_follow_the_density(case: Case) -> None:
    n = 20_000
    made = prior(case, 2)
    if made.space is Space.SPHERE:
        z = prior(case, 3)().sample((n,))
        torch.testing.assert_close(z.norm(dim=-1), torch.ones(n, dtype=torch.float64))
        for i in range(3):  # Archimedes: slices of equal height have equal area
            assert stats.kstest(z[:, i], stats.uniform(-1, 2).cdf).pvalue > 1e-3
    elif made.space is Space.SIMPLEX:
        made = prior(case, 6)
        k, z = made.logits.shape[-1], made().sample((n,))
        x = z.unflatten(-1, (-1, k))
        torch.testing.assert_close(x.sum(-1), torch.ones(n, 6 // k, dtype=torch.float64))
        difference = made.temperature * (x[:, 0, 0].log() - x[:, 0, 1].log())
        assert stats.kstest(difference, stats.logistic.cdf).pvalue > 1e-3
        counts = one_hot(x.argmax(-1), k).sum(0)
        assert all(stats.chisquare(c).pvalue > 1e-3 for c in counts)
    elif made.space is Space.BALL:
        z, root = prior(case, 3)().sample((n,)), math.sqrt(made.curvature)
        r = z.norm(dim=-1)
        distance = 2 / root * (root * r).atanh()
        assert stats.kstest(distance, stats.chi(3, scale=made.scale).cdf).pvalue > 1e-3
        for i in range(3):  # as on the sphere
            assert stats.kstest(z[:, i] / r, stats.uniform(-1, 2).cdf).pvalue > 1e-3
    elif made.space is Space.BINARY:
        z = made().sample((n,))
        counts = [((z == torch.tensor(e)).all(-1)).sum() for e in [(0, 0), (0, 1), (1, 0), (1, 1)]]
        p = made().base_dist.probs[0].item()
        expected = [n * (1 - p) ** 2, n * p * (1 - p), n * p * (1 - p), n * p**2]
        assert stats.chisquare(counts, expected).pvalue > 1e-3
    elif made.has_density:
        _assert_marginals(made, made().sample((n,)))


def _assert_marginals(made: Any, z: Tensor) -> None:
    """Hold both coordinates against the density's marginals."""
    if isinstance(made(), Product):
        low, high = z.min().item() - 1, z.max().item() + 1
        grid = torch.linspace(low, high, 100_001, dtype=torch.float64)
        zero = torch.zeros_like(grid)
        marginals = list[tuple[Tensor, Tensor]]()
        for pair in [(grid, zero), (zero, grid)]:
            p = made().log_prob(torch.stack(pair, -1)).exp().detach()
            marginals.append((grid, p / torch.trapezoid(p, grid)))
    else:
        p = plane(made())
        marginals = [(SIDE, p.sum(1) / p.sum() / 0.05), (SIDE, p.sum(0) / p.sum() / 0.05)]
    for i, (x, density) in enumerate(marginals):
        cumulative = integrate.cumulative_trapezoid(density, x, initial=0)
        cdf = lambda v, x=x, c=cumulative: np.interp(v, x, c)  # noqa: E731
        assert stats.kstest(z[:, i], cdf).pvalue > 1e-3


@every_prior
def test_moments_are_the_samples(case: Case) -> None:
    d = prior(case, size(case, 6))()
    n = 20_000
    z = d.sample((n,))
    if "df=1.5" in case.options:  # of no variance
        return
    try:
        mean, variance = d.mean, d.variance
    except NotImplementedError:
        return  # of flows, the spiral and relaxed values none is known
    assert ((z.mean(0) - mean).abs() < 5 * (variance / n).sqrt()).all()
    squares = (z - mean) ** 2
    error = 5 * squares.std(0) / math.sqrt(n)
    assert ((squares.mean(0) - variance).abs() <= error + 1e-12).all()


# --- gradients ---


@with_density
def test_gradients_agree_with_finite_differences(case: Case) -> None:
    made = prior(case, size(case, 2))
    names = [name for name, _ in made.named_parameters()]
    own = copies(made)
    z = points(made, 3)

    def log_prob(z: Tensor, *inputs: Tensor) -> Tensor:
        d = torch.func.functional_call(made, dict(zip(names, inputs, strict=True)), ())
        return d.log_prob(z)

    smooth = made.space in (Space.REAL, Space.BALL, Space.SIMPLEX)
    if case.choice == "flow":  # its parameters are many: along one random direction
        own = own[:2] + own[-1:]
        names = [names[0], names[1], names[-1]]
        assert torch.autograd.gradcheck(log_prob, (z.requires_grad_(), *own), fast_mode=True)
    elif smooth or own:
        assert torch.autograd.gradcheck(log_prob, (z.requires_grad_(smooth), *own))


@with_density
def test_the_gradient_reaches_every_parameter(case: Case) -> None:
    made = prior(case, size(case, 6))
    if parameters := list(made.parameters()):
        (-made().log_prob(points(made, 32)).sum()).backward()
        for parameter in parameters:
            assert parameter.grad is not None
            assert parameter.grad.isfinite().all()
            # of a single weight's logit the density does not depend
            assert (parameter.grad != 0).any() or parameter.numel() == 1


@every_real
def test_the_second_derivative_is_finite(case: Case) -> None:
    """Dynamics that follow the gradient of a density are differentiated themselves."""
    made = prior(case, size(case, 6), torch.float32)
    z = torch.cat([s * points(made, 5).float() for s in (0, 1, 20)]).requires_grad_()
    (first,) = torch.autograd.grad(made().log_prob(z).sum(), z, create_graph=True)
    # of tails that fall exponentially the second derivative is 0, and has no graph
    inputs = [z, *made.parameters()]
    total = (first * torch.randn_like(first)).sum() + 0 * z.sum()
    for second in torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True):
        assert second.isfinite().all()


# --- far out ---


@with_density
@pytest.mark.parametrize("value", [1e4, -1e4])
def test_great_own_parameters_give_finite_loss_and_gradient(case: Case, value: float) -> None:
    made = prior(case, size(case, 6), torch.float32)
    parameters = dict(made.named_parameters())
    with torch.no_grad():
        for parameter in parameters.values():
            parameter.fill_(value)
    cost = -made().log_prob(points(made, 7).float())
    assert cost.isfinite().all()
    if parameters:
        cost.sum().backward()
    for name, parameter in parameters.items():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
        if "scale" in name or name == "loc":
            assert (parameter.grad != 0).all()


@every_real
def test_far_out(case: Case) -> None:
    made = prior(case, size(case, 6), torch.float32)
    z = torch.tensor([[1e4], [-1e4]]).expand(2, *made.event).clone().requires_grad_()
    cost = -made().log_prob(z)
    cost.sum().backward()
    assert z.grad is not None
    assert cost.isfinite().all()
    assert z.grad.isfinite().all()
    assert (z.grad != 0).any()


# --- precision and state ---


@with_density
def test_float32_agrees_with_float64(case: Case) -> None:
    made = prior(case, size(case, 6), torch.float32)
    z = points(made, 20).float()
    single = made().log_prob(z)
    assert single.dtype == torch.float32
    again = prior(case, size(case, 6))
    again.load_state_dict(made.state_dict())
    double = again().log_prob(z.double())
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, rtol=1e-4, atol=1e-4)


@with_density
def test_densities_are_float32_under_autocast(case: Case) -> None:
    made = prior(case, size(case, 6), torch.float32)
    z = points(made, 20).float()
    expected = made().log_prob(z)
    with torch.autocast("cpu", torch.bfloat16):
        log_prob = made().log_prob(z)
    assert log_prob.dtype == torch.float32
    if case.choice not in ("flow", "vamp"):  # whose networks compute in half precision
        torch.testing.assert_close(log_prob, expected)


@with_density
def test_a_prior_kept_in_half_precision_still_computes_in_float32(case: Case) -> None:
    made = prior(case, size(case, 6), torch.bfloat16)
    if case.choice == "vamp":
        return  # its densities are the posterior's
    log_prob = made().log_prob(points(made, 20).float())
    assert log_prob.dtype == torch.float32
    assert log_prob.isfinite().all()


@every_prior
def test_state_dict_round_trip(case: Case) -> None:
    one, other = prior(case, size(case, 6)), prior(case, size(case, 6))
    other.load_state_dict(one.state_dict(), strict=True)
    if one.has_density:
        z = points(one, 4)
        assert torch.equal(one().log_prob(z), other().log_prob(z))
    torch.manual_seed(1)
    draws = one().sample((3,))
    torch.manual_seed(1)
    assert torch.equal(draws, other().sample((3,)))


# --- rates ---


@every_real
def test_the_rate_is_what_samples_say(case: Case) -> None:
    """Exact where a closed form is known; and never below 0."""
    p = prior(case, size(case, 6))()
    loc = torch.randn(4, *p.event_shape, dtype=torch.float64)
    q = DiagonalNormal(loc, 0.3 * torch.randn_like(loc), 1)
    n = 20_000
    with torch.no_grad():
        z = q.sample((n,))
        log_ratio = q.log_prob(z) - p.log_prob(z)
        error = 5 * log_ratio.std(0) / math.sqrt(n)
        found = rate(q, q.sample((n,)), p)
    assert found.shape == (4,)
    assert ((found - log_ratio.mean(0)).abs() < 1.5 * error).all()
    assert (found > -error).all()
