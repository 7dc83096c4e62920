"""One battery over every likelihood, posterior and prior in conf/."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import integrate, stats
from torch import Tensor
from torch.distributions import Distribution
from torch.nn.functional import linear

from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.likelihoods.bernoulli import Bernoulli
from aetrain.likelihoods.gaussian import Gaussian
from aetrain.objectives.elbo import rate
from aetrain.posteriors.delta import Delta
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.values import BINARY, REAL, UNIT, Values
from tests.battery import (
    Case,
    cases,
    copies,
    draw,
    needs_density,
    normalised_on,
    oracle,
    raw_for,
    redo,
)

EVENTS = [(5,), (1, 8, 8), (3, 4, 6)]
FAMILIES = cases("likelihood", "posterior")
PRIORS = cases("prior")

every_family = pytest.mark.parametrize("case", FAMILIES)
every_prior = pytest.mark.parametrize("case", PRIORS)
every_one = pytest.mark.parametrize("case", FAMILIES + PRIORS)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def distribution(module: Any, *batch: int) -> Distribution:
    """Return a member's distribution; a prior's is of batch shape () whatever is asked for."""
    return module(raw_for(module, *batch)) if isinstance(module, Family) else module()


def support(module: Any) -> Values:
    return getattr(module, "support", REAL)


def test_a_missing_oracle_says_where_to_add_one() -> None:
    with pytest.raises(
        pytest.fail.Exception, match=r"no_such\.yaml has no oracle: add .*oracles/likelihoods\.py"
    ):
        oracle(Case("likelihood", "no_such"))


# --- shapes ---


@every_family
@pytest.mark.parametrize("event", EVENTS, ids=str)
@pytest.mark.parametrize("batch", [(), (4,), (3, 4)], ids=str)
def test_shapes(case: Case, event: tuple[int, ...], batch: tuple[int, ...]) -> None:
    family = case.make(event)
    assert family.event == event
    d = family(raw_for(family, *batch, dtype=torch.float32))
    assert d.batch_shape == batch
    assert d.event_shape == event
    assert d.mean.shape == d.variance.shape == (*batch, *event)
    assert d.sample().shape == (*batch, *event)
    assert d.sample((2, 3)).shape == (2, 3, *batch, *event)
    if case.group == "posterior":
        assert d.has_rsample
        assert d.rsample((2,)).shape == (2, *batch, *event)
    if family.has_density:
        x = draw(support(family), *event, dtype=torch.float32)
        assert d.log_prob(x).shape == batch
        assert d.log_prob(x.expand(2, *batch, *event)).shape == (2, *batch)


@every_prior
def test_shapes_of_a_prior(case: Case) -> None:
    d = case.make((5,))()
    assert (d.batch_shape, d.event_shape) == ((), (5,))
    assert d.sample((2, 3)).shape == (2, 3, 5)
    assert d.log_prob(torch.randn(2, 3, 5)).shape == (2, 3)
    assert d.mean.shape == d.variance.shape == (5,)


@every_family
def test_the_examples_broadcast_over_the_samples(case: Case) -> None:
    needs_density(case)
    family = case.make((5,)).double()
    d, x = distribution(family, 3, 4), draw(family.support, 4, 5)
    assert torch.equal(d.log_prob(x), d.log_prob(x.expand(3, 4, 5)))


# --- the density ---


@every_one
@pytest.mark.parametrize("event", EVENTS, ids=str)
def test_log_prob_is_scipys(case: Case, event: tuple[int, ...]) -> None:
    reference = needs_density(case).log_prob
    assert reference is not None
    module = case.make(event).double()
    x = draw(support(module), 3, 4, *event)
    raw = raw_for(module, 3, 4) if isinstance(module, Family) else None
    d = module() if raw is None else module(raw)
    terms = reference(module, None if raw is None else raw.numpy(), x.numpy())
    expected = np.asarray(terms).reshape(3, 4, -1).sum(-1)
    np.testing.assert_allclose(d.log_prob(x).detach(), expected, rtol=1e-10, atol=1e-10)


@every_one
def test_masses_sum_and_densities_integrate_to_one(case: Case) -> None:
    needs_density(case)
    for _ in range(3):
        probe = case.make((1,))
        values = normalised_on(case, probe)
        if values.levels is None:
            module = probe.double()
            total = _integral(distribution(module), values)
        else:
            size = 3 if values.levels <= 16 else 1
            module = case.make((size,)).double()
            total = distribution(module).log_prob(_all_events(values, size)).exp().sum().item()
        assert total == pytest.approx(1, abs=1e-7)


def _integral(d: Distribution, values: Values) -> float:
    """Integrate a density of one value, in two pieces that meet near its mean."""

    def density(x: float) -> float:
        return d.log_prob(torch.tensor([x], dtype=torch.float64)).exp().item()

    inner = min(max(d.mean.item(), values.low), values.high)
    pieces = [(values.low, inner), (inner, values.high)]
    return sum(integrate.quad(density, a, b, epsabs=1e-10, limit=200)[0] for a, b in pieces)


def _all_events(values: Values, size: int) -> Tensor:
    assert values.levels is not None
    grid = torch.linspace(values.low, values.high, values.levels, dtype=torch.float64)
    return torch.tensor(list(itertools.product(grid.tolist(), repeat=size)), dtype=torch.float64)


@every_one
def test_samples_follow_the_density(case: Case) -> None:
    needs_density(case)
    module = case.make((1,)).double()
    values = normalised_on(case, module)
    d = distribution(module)
    n = 20_000
    draws = (d.rsample if d.has_rsample else d.sample)((n,)).detach().flatten()
    if values.levels is None:
        result = stats.kstest(draws.numpy(), _distribution_function(d, draws))
    else:
        events = _all_events(values, 1)
        counts = (draws[:, None] == events[:, 0]).sum(0)
        assert counts.sum() == n
        expected = d.log_prob(events).exp().detach() * n
        seen = expected > 5
        result = stats.chisquare(counts[seen], expected[seen] / expected[seen].sum() * n)
    assert result.pvalue > 1e-3


def _distribution_function(d: Distribution, draws: Tensor) -> Any:
    """Return x -> P(X <= x), from the density alone, by the trapezoidal rule."""
    low, high = draws.min().item(), draws.max().item()
    wide = high - low
    grid = torch.linspace(low - wide, high + wide, 40_001, dtype=torch.float64)
    density = d.log_prob(grid[:, None]).exp().detach().numpy()
    cumulative = integrate.cumulative_trapezoid(density, grid.numpy(), initial=0)
    return lambda x: np.interp(x, grid.numpy(), cumulative)


@every_one
def test_moments_of_the_samples(case: Case) -> None:
    module = case.make((3, 4) if isinstance(case.make((3, 4)), Family) else (5,)).double()
    d = distribution(module, 2)
    n = 20_000
    x = d.sample((n,)).double()
    deviation = (x - d.mean).abs().amax(0) if not d.variance.any() else (x.mean(0) - d.mean).abs()
    assert (deviation <= 5 * (d.variance / n).sqrt()).all()
    squares = (x - d.mean) ** 2
    assert ((squares.mean(0) - d.variance).abs() <= 5 * squares.std(0) / math.sqrt(n)).all()


@every_family
def test_samples_are_values_of_the_support(case: Case) -> None:
    family = case.make((50,))
    x = family(raw_for(family, 20, dtype=torch.float32)).sample()
    values = family.support
    assert values.covers(values)
    assert ((x >= values.low) & (x <= values.high)).all()
    if values.levels is not None:
        places = (x - values.low) / (values.high - values.low) * (values.levels - 1)
        torch.testing.assert_close(places, places.round(), rtol=0, atol=1e-4)


# --- gradients ---


@every_one
def test_gradients_agree_with_finite_differences(case: Case) -> None:
    needs_density(case)
    module = case.make((2, 2) if case.group != "prior" else (3,)).double()
    own = copies(module)
    raw = raw_for(module, 2).requires_grad_() if isinstance(module, Family) else None
    x = draw(support(module), 2, *module.event)

    def log_prob(*inputs: Tensor) -> Tensor:
        return _call(module, raw, inputs).log_prob(x)

    def rsample(*inputs: Tensor) -> Tensor:
        torch.manual_seed(1)
        return _call(module, raw, inputs).rsample((2,))

    inputs = [*([] if raw is None else [raw]), *own]
    if inputs:
        assert torch.autograd.gradcheck(log_prob, inputs)
    if case.group == "posterior":
        assert torch.autograd.gradcheck(rsample, inputs)


def _call(module: Any, raw: Tensor | None, inputs: tuple[Tensor, ...]) -> Distribution:
    if raw is not None:
        return redo(module, inputs[0], inputs[1:])
    names = [name for name, _ in module.named_parameters()]
    return torch.func.functional_call(module, dict(zip(names, inputs, strict=True)), ())


@every_one
def test_the_gradient_reaches_every_parameter(case: Case) -> None:
    module = case.make((5,))
    raw, d = _differentiable(module, 7)
    x = draw(support(module), 7, 5, dtype=torch.float32)
    cost = -d.log_prob(x).sum() if oracle(case).log_prob else d.rsample().sum()
    if raw is not None or list(module.parameters()):
        cost.backward()
    gradients = [p.grad for p in module.parameters()]
    gradients += [raw.grad] if raw is not None else []
    for gradient in gradients:
        assert gradient is not None
        assert gradient.isfinite().all()
        assert (gradient != 0).all()


def _differentiable(module: Any, *batch: int) -> tuple[Tensor | None, Distribution]:
    if not isinstance(module, Family):
        return None, module()
    raw = raw_for(module, *batch, dtype=torch.float32).requires_grad_()
    return raw, module(raw)


# --- far out ---

FAR = [1e4, -1e4, None]


def _far(family: Family, size: float | None, dtype: torch.dtype) -> Tensor:
    """Return raw parameters of one great value, or of both signs mixed."""
    raw = torch.full((16, *family.parameter_shape), 1e4 if size is None else size, dtype=dtype)
    return raw * torch.randn_like(raw).sign() if size is None else raw


@every_family
@pytest.mark.parametrize("size", FAR, ids=["+1e4", "-1e4", "mixed"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_great_outputs_give_finite_loss_and_gradient(
    case: Case, size: float | None, dtype: torch.dtype
) -> None:
    reference = oracle(case)
    family = case.make((5,))
    raw = _far(family, size, dtype).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        d = family(raw)
        cost = _cost(case, family, d)
    assert cost.dtype == torch.float32
    assert cost.isfinite().all()
    cost.sum().backward()
    assert raw.grad is not None
    assert raw.grad.isfinite().all()
    assert (reference.log_scales(family, raw.grad) != 0).all()


def _cost(case: Case, family: Family, d: Distribution) -> Tensor:
    """Return what a family costs in training, (B,)."""
    if case.group == "likelihood":
        return -d.log_prob(draw(family.support, 16, 5, dtype=torch.float32))
    z = d.rsample((2,))
    cost = z.square().mean((0, -1))
    if family.has_density:
        prior: Any = PRIORS[0].values[0]
        cost = cost + rate(d, z, prior.make((5,))()) + d.log_prob(z).mean(0)
    return cost


@every_one
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_great_own_parameters_give_finite_loss_and_gradient(case: Case, size: float) -> None:
    needs_density(case)
    module = case.make((5,))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(size)
    _, d = _differentiable(module, 7)
    cost = -d.log_prob(draw(support(module), 7, 5, dtype=torch.float32))
    assert cost.isfinite().all()
    if list(module.parameters()):
        cost.sum().backward()
    for parameter in module.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
        assert (parameter.grad != 0).all()


@every_prior
def test_a_prior_far_out(case: Case) -> None:
    z = torch.tensor([[1e4], [-1e4]]).expand(2, 5).clone().requires_grad_()
    cost = -case.make((5,))().log_prob(z)
    cost.sum().backward()
    assert z.grad is not None
    assert cost.isfinite().all()
    assert z.grad.isfinite().all()


@every_family
def test_densities_are_float32_under_autocast(case: Case) -> None:
    """The network computes in half precision, the family does not."""
    needs_density(case)
    family = case.make((5,))
    weight = torch.randn(family.parameter_shape.numel(), 6)
    h = torch.randn(4, 6)
    x = draw(family.support, 4, 5, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        raw = linear(h, weight)
        assert raw.dtype == torch.bfloat16
        d = family(raw.unflatten(1, family.parameter_shape))
        log_prob = d.log_prob(x)
    assert d.mean.dtype == d.sample().dtype == log_prob.dtype == torch.float32
    again = family(raw.float().unflatten(1, family.parameter_shape)).log_prob(x)
    assert torch.equal(log_prob, again)


@every_family
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_a_family_kept_in_half_precision_still_computes_in_float32(
    case: Case, dtype: torch.dtype
) -> None:
    needs_density(case)
    family = case.make((5,)).to(dtype)
    raw = raw_for(family, 4, dtype=dtype)
    x = draw(family.support, 4, 5, dtype=torch.float32)
    rounded = family(raw).log_prob(x)
    assert rounded.dtype == torch.float32
    # sums of squares of 5 numbers: half precision would be off by 1e-2
    expected = family.double()(raw.double()).log_prob(x.double())
    torch.testing.assert_close(rounded.double(), expected, rtol=1e-5, atol=1e-5)


# --- what does not depend on what ---


@every_one
def test_state_dict_round_trip(case: Case) -> None:
    one, other = case.make((5,)), case.make((5,))
    other.load_state_dict(one.state_dict(), strict=True)
    raw = raw_for(one, 4, dtype=torch.float32) if isinstance(one, Family) else None
    a, b = (m() if raw is None else m(raw) for m in (one, other))
    assert torch.equal(a.mean, b.mean)
    if oracle(case).log_prob:
        x = draw(support(one), 4, 5, dtype=torch.float32)
        assert torch.equal(a.log_prob(x), b.log_prob(x))


@every_one
def test_float32_agrees_with_float64(case: Case) -> None:
    needs_density(case)
    module = case.make((1, 8, 8))
    raw = raw_for(module, 4) if isinstance(module, Family) else None
    x = draw(support(module), 4, 1, 8, 8)
    single = (module() if raw is None else module(raw.float())).log_prob(x.float())
    assert single.dtype == torch.float32
    double = (module.double()() if raw is None else module.double()(raw)).log_prob(x)
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, rtol=1e-5, atol=1e-4)


@every_family
def test_an_example_does_not_depend_on_the_rest_of_its_batch(case: Case) -> None:
    family = case.make((3, 4, 6)).double()
    raw = raw_for(family, 6)
    whole = family(raw)
    parts = [family(raw[i : i + 2]) for i in (0, 2, 4)]
    torch.testing.assert_close(whole.mean, torch.cat([p.mean for p in parts]), rtol=0, atol=1e-12)
    if family.has_density:
        x = draw(family.support, 6, 3, 4, 6)
        pieces = [p.log_prob(x[2 * i : 2 * i + 2]) for i, p in enumerate(parts)]
        torch.testing.assert_close(whole.log_prob(x), torch.cat(pieces), rtol=1e-13, atol=1e-11)


# --- rates ---


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("posterior", cases("posterior"))
def test_the_rate_is_what_samples_say(posterior: Case, prior: Case) -> None:
    needs_density(posterior)
    family, p = posterior.make((5,)).double(), prior.make((5,)).double()()
    q = distribution(family, 4)
    n = 40_000
    z = q.sample((n,))
    log_ratio = q.log_prob(z) - p.log_prob(z)
    error = 4 * log_ratio.std(0) / math.sqrt(n)
    exact = rate(q, q.rsample((n,)), p)
    assert exact.shape == (4,)
    assert ((exact - log_ratio.mean(0)).abs() < 1.5 * error).all()
    assert (exact > -error).all()


# --- single members ---


@pytest.mark.parametrize("event", EVENTS, ids=str)
def test_the_gaussians_constants_are_kept(event: tuple[int, ...]) -> None:
    mu = torch.randn(4, *event, dtype=torch.float64)
    expected = -math.prod(event) / 2 * math.log(2 * math.pi)
    log_prob = Gaussian(event)(mu).log_prob(mu)
    torch.testing.assert_close(log_prob, torch.full((4,), expected, dtype=torch.float64))


def test_a_learned_sigma_begins_near_one_and_stays_above_its_minimum() -> None:
    for sigma in ("shared", "per_dimension", "decoder"):
        family = Gaussian((3,), sigma=sigma, minimum=0.1)
        start = family(torch.zeros(family.parameter_shape)).stddev
        torch.testing.assert_close(start, torch.full((3,), 1.1))
    for raw in (-1e8, -1e4, 1e4, 1e8):
        d = Gaussian((1,), sigma="decoder", minimum=0.1)(torch.tensor([[0.0], [raw]]))
        assert 0.1 < d.stddev.item() < 0.1 + math.exp(8)


def test_constant_data_do_not_drive_the_density_to_infinity() -> None:
    family = Gaussian((10,), sigma="shared")
    x = torch.full((1, 10), 0.5)
    optimizer = torch.optim.Adam(family.parameters(), lr=1.0)
    for _ in range(200):
        optimizer.zero_grad()
        (-family(x).log_prob(x).mean()).backward()
        optimizer.step()
    bound = 10 * (math.log(255) - 0.5 * math.log(2 * math.pi))
    assert family(x).log_prob(x).item() < bound


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan])
def test_a_fixed_sigma_must_be_positive(sigma: float) -> None:
    with pytest.raises(UserError) as caught:
        Gaussian((5,), sigma=sigma)
    assert str(caught.value) == (
        f"likelihood.sigma={sigma}: a fixed scale must be above 0, such as 1.0"
    )


def test_the_words_for_sigma() -> None:
    with pytest.raises(UserError) as caught:
        Gaussian((5,), sigma="optimal")  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == (
        "likelihood.sigma=optimal: choose a number above 0, or shared, per_dimension, decoder"
    )
    with pytest.raises(UserError) as caught:
        Gaussian((5,), sigma="shared", minimum=-0.5)
    assert str(caught.value) == "likelihood.minimum=-0.5: must be 0 or more, such as 0.004"


def test_uniform_pixels_cost_their_entropy() -> None:
    """A Bernoulli of 1/2 on 784 pixels is 784 log 2 = 543.43 nats."""
    x = draw(BINARY, 3, 1, 28, 28)
    cost = -Bernoulli((1, 28, 28))(torch.zeros_like(x)).log_prob(x)
    torch.testing.assert_close(cost, torch.full((3,), 784 * math.log(2), dtype=torch.float64))


def test_a_grey_value_costs_its_expected_binarisation() -> None:
    raw, grey = torch.randn(5, dtype=torch.float64), torch.rand(5, dtype=torch.float64)
    d = Bernoulli((5,), grey=True)(raw)
    events = _all_events(BINARY, 5)
    mass = torch.where(events == 1, grey, 1 - grey).prod(1)
    torch.testing.assert_close(d.log_prob(grey), (mass * d.log_prob(events)).sum())


def test_supports() -> None:
    assert Bernoulli((1,)).support == Bernoulli.support == BINARY
    assert Bernoulli((1,), grey=True).support == UNIT
    assert Gaussian((1,)).support == DiagonalGaussian((1,)).support == REAL


def test_a_point_mass_is_its_point() -> None:
    raw = torch.randn(4, 5, requires_grad=True)
    q = Delta((5,))(raw)
    assert torch.equal(q.mean, raw)
    assert torch.equal(q.mode, raw)
    assert torch.equal(q.rsample((3,)), raw.expand(3, 4, 5))
    assert not q.variance.any()
    assert not q.sample().requires_grad
    assert "Delta" in repr(q)
    with pytest.raises(UserError) as caught:
        q.log_prob(raw)
    assert str(caught.value) == (
        "posterior=delta is a point mass without a density, so there is no rate:"
        " use objective=reconstruction, or posterior=diagonal_gaussian with model=vae"
    )


def test_soft_bound() -> None:
    x = torch.tensor([-1e30, -1e4, -1.0, 0.0, 1e-3, 1.0, 1e4, 1e30], requires_grad=True)
    y = soft_bound(x, 10.0)
    assert (y.abs() <= 10).all()
    assert (y.diff() >= 0).all()
    torch.testing.assert_close(y[4], x[4], rtol=2e-4, atol=0)
    y[1:-1].sum().backward()
    assert x.grad is not None
    assert (x.grad[1:-1] > 0).all()
    assert x.grad[3] == 1


def test_full_precision() -> None:
    for dtype, expected in [
        (torch.bfloat16, torch.float32),
        (torch.float16, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ]:
        assert full_precision(torch.zeros(1, dtype=dtype)).dtype == expected


def test_a_family_shows_its_event() -> None:
    assert repr(Bernoulli((1, 8, 8))) == "Bernoulli(event=(1, 8, 8))"
