"""One battery over every likelihood in conf/."""

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

from aetrain.families import Family
from aetrain.values import COUNTS, Values
from tests.battery import Case, cases, copies, draw, needs_density, oracle, raw_for, redo
from tests.oracles.likelihoods import MASSES

EVENTS = [(5,), (1, 8, 8), (3, 4, 6)]
LIKELIHOODS = cases("likelihood")
HEAVY = "student_t"  # may have no variance

every_one = pytest.mark.parametrize("case", LIKELIHOODS)
every_event = pytest.mark.parametrize("event", EVENTS, ids=str)


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(case: Case, *event: int) -> Family:
    """Return the likelihood as it evaluates: sigma=optimal looks at the batch in training."""
    return case.make(event).eval()


def values_of(family: Family, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return random values of the support."""
    if family.support.counts:
        return torch.poisson(torch.empty(shape, dtype=dtype).exponential_() * 3)
    return draw(family.support, *shape, dtype=dtype)


def between(family: Family, *shape: int) -> Tensor:
    """Return values of the support, of a grid those between its ends.

    A location far beyond an end predicts that end with certainty: nothing is left to learn there.
    """
    x, levels = values_of(family, *shape, dtype=torch.float32), family.support.levels or 2
    return x if levels in (2, math.inf) else x.clamp(1 / (levels - 1), 1 - 1 / (levels - 1))


def variance(d: Distribution) -> Tensor | None:
    """Return the variance, or None where it is not offered."""
    try:
        return d.variance
    except NotImplementedError:
        return None


# --- shapes ---


@every_one
@every_event
@pytest.mark.parametrize("batch", [(), (4,), (3, 4)], ids=str)
def test_shapes(case: Case, event: tuple[int, ...], batch: tuple[int, ...]) -> None:
    family = made(case, *event)
    assert family.event == event
    d = family(raw_for(family, *batch, dtype=torch.float32))
    assert d.batch_shape == batch
    assert d.event_shape == event
    assert d.mean.shape == (*batch, *event)
    spread = variance(d)
    assert spread is None or spread.shape == (*batch, *event)
    assert d.sample().shape == (*batch, *event)
    assert d.sample((2, 3)).shape == (2, 3, *batch, *event)
    assert not d.sample().requires_grad
    assert d.sample().dtype == d.mean.dtype == torch.float32
    x = values_of(family, *event, dtype=torch.float32)
    assert d.log_prob(x).shape == batch
    assert d.log_prob(x.expand(2, *batch, *event)).shape == (2, *batch)
    assert type(d).__name__ in repr(d)


@every_one
@every_event
def test_the_examples_broadcast_over_the_samples(case: Case, event: tuple[int, ...]) -> None:
    family = made(case, *event).double()
    d, x = family(raw_for(family, 3, 4)), values_of(family, 4, *event)
    torch.testing.assert_close(d.log_prob(x), d.log_prob(x.expand(3, 4, *event)))
    more = x.expand(2, 3, 4, *event)
    torch.testing.assert_close(d.log_prob(more), d.log_prob(x).expand(2, 3, 4))


# --- the density ---


@every_one
@every_event
def test_log_prob_is_scipys(case: Case, event: tuple[int, ...]) -> None:
    reference = needs_density(case).log_prob
    assert reference is not None
    family = made(case, *event).double()
    x, raw = values_of(family, 3, 4, *event), raw_for(family, 3, 4)
    terms = reference(family, raw.numpy(), x.numpy())
    expected = np.asarray(terms).reshape(3, 4, -1).sum(-1)
    np.testing.assert_allclose(family(raw).log_prob(x).detach(), expected, rtol=1e-9, atol=1e-9)


def all_events(case: Case, family: Family) -> Tensor:
    """Return all events of one total, all counts up to where no mass is left, or the grid."""
    values = oracle(case).values or family.support
    if case.choice == "multinomial":
        total = getattr(family, "total", 1)
        found = itertools.product(range(total + 1), repeat=family.event.numel())
        return torch.tensor([x for x in found if sum(x) == total], dtype=torch.float64)
    if values.counts:
        return torch.arange(30_000, dtype=torch.float64)[:, None]
    grid = torch.linspace(values.low, values.high, int(values.levels or 0), dtype=torch.float64)
    return torch.cartesian_prod(*[grid] * family.event.numel()).reshape(-1, *family.event)


def event_for(case: Case) -> tuple[int, ...]:
    """Return the shape of an event that can be enumerated."""
    probe = made(case, 1)
    few = (probe.support.levels or math.inf) <= 5
    return (3,) if case.choice == "multinomial" or few else (1,)


def discrete(case: Case, family: Family) -> bool:
    return (oracle(case).values or family.support).discrete


@every_one
def test_masses_sum_and_densities_integrate_to_one(case: Case) -> None:
    for _ in range(3):
        family = made(case, *event_for(case)).double()
        raw = raw_for(family)
        expected = MASSES[case.choice](family, raw.numpy()) if case.choice in MASSES else 1.0
        if discrete(case, family):
            total = family(raw).log_prob(all_events(case, family)).exp().sum().item()
        else:
            d = family(raw)
            middle = float(np.clip(d.mean.item(), family.support.low, family.support.high))
            ends = (family.support.low, middle, family.support.high)
            total = sum(_integral(d, a, b) for a, b in itertools.pairwise(ends))
        assert total == pytest.approx(float(expected), abs=1e-7)


def _integral(d: Distribution, low: float, high: float) -> float:
    def density(x: float) -> float:
        return d.log_prob(torch.tensor([x], dtype=torch.float64)).exp().item()

    return integrate.quad(density, low, high, epsabs=1e-10, limit=200)[0]


@every_one
def test_samples_follow_the_density(case: Case) -> None:
    family = made(case, *event_for(case)).double()
    d, n = family(raw_for(family)), 20_000
    draws = d.sample((n,))
    if discrete(case, family):
        events = all_events(case, family)
        masses = d.log_prob(events).exp().detach()
        events, masses = events[masses * n > 0.01], masses[masses * n > 0.01]
        same = torch.isclose(draws[:, None], events, atol=1e-9).flatten(2).all(-1)
        seen, expected = same.sum(0).double(), masses * n
    else:
        edges = draws[: n // 2, 0].quantile(torch.linspace(0.05, 0.95, 19, dtype=torch.float64))
        edges = edges.unique()
        pieces = itertools.pairwise(edges.tolist())
        masses = [_integral(d, a, b) for a, b in pieces]
        expected = torch.tensor(masses, dtype=torch.float64) * (n // 2)
        seen = torch.histogram(draws[n // 2 :, 0], edges).hist
        n //= 2
    rare = expected <= 5
    expected, seen = expected[~rare], seen[~rare]
    rest = n - expected.sum()
    if rest > 5:
        expected = torch.cat([expected, rest[None]])
        seen = torch.cat([seen, (n - seen.sum())[None]])
    assert stats.chisquare(seen, expected / expected.sum() * seen.sum()).pvalue > 1e-3


@every_one
def test_moments_of_the_samples(case: Case) -> None:
    if case.choice == HEAVY and "df=16" not in case.options:
        pytest.skip("its variance may be infinite")
    family = made(case, 3, 4).double()
    d, n = family(raw_for(family, 2)), 20_000
    x = d.sample((n,)).double()
    mean, spread = d.mean.detach(), x.var(0)
    assert ((x.mean(0) - mean).abs() <= 5 * (spread / n).sqrt() + 1e-12).all()
    expected = variance(d)
    if expected is not None:
        squares = (x - mean) ** 2
        error = 5 * squares.std(0) / math.sqrt(n)
        assert ((squares.mean(0) - expected).abs() <= error + 1e-12).all()


@every_one
def test_samples_are_values_of_the_support(case: Case) -> None:
    family = made(case, 50)
    values = family.support
    assert values.covers(values)
    for scale in (1, 100):
        x = family(raw_for(family, 20, dtype=torch.float32) * scale).sample()
        assert x.isfinite().all() or case.choice == HEAVY
        assert ((x >= values.low) & (x <= values.high)).all()
        if values.levels is not None:
            step = 1 if values.counts else (values.high - values.low) / (values.levels - 1)
            places = (x - values.low) / step
            torch.testing.assert_close(places, places.round(), rtol=0, atol=1e-4)


# --- gradients ---


@every_one
@pytest.mark.parametrize("event", [(2, 2), (3, 1, 2)], ids=str)
def test_gradients_agree_with_finite_differences(case: Case, event: tuple[int, ...]) -> None:
    family = made(case, *event).double()
    raw, x = raw_for(family, 2).requires_grad_(), values_of(family, 2, *event)

    def log_prob(raw: Tensor, *own: Tensor) -> Tensor:
        return redo(family, raw, own).log_prob(x)

    assert torch.autograd.gradcheck(log_prob, (raw, *copies(family)), fast_mode=True)


@every_one
@pytest.mark.parametrize("event", [(5,), (3, 2, 2)], ids=str)
def test_the_gradient_reaches_every_parameter(case: Case, event: tuple[int, ...]) -> None:
    family = made(case, *event)
    raw = raw_for(family, 7, dtype=torch.float32).requires_grad_()
    family(raw).log_prob(values_of(family, 7, *event, dtype=torch.float32)).sum().backward()
    for gradient in [raw.grad, *(p.grad for p in family.parameters())]:
        assert gradient is not None
        assert gradient.isfinite().all()
        assert (gradient != 0).all()


# --- far out ---


def _far(family: Family, size: float | None, dtype: torch.dtype) -> Tensor:
    """Return raw parameters of one great value, or of both signs mixed."""
    raw = torch.full((16, *family.parameter_shape), 1e4 if size is None else size, dtype=dtype)
    return raw * torch.randn_like(raw).sign() if size is None else raw


@every_one
@pytest.mark.parametrize("event", [(5,), (3, 2, 2)], ids=str)
@pytest.mark.parametrize("size", [1e4, -1e4, None], ids=["+1e4", "-1e4", "mixed"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_great_outputs_give_finite_loss_and_gradient(
    case: Case, event: tuple[int, ...], size: float | None, dtype: torch.dtype
) -> None:
    reference = oracle(case)
    family = case.make(event)
    raw = _far(family, size, dtype).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
        d = family(raw)
        cost = -d.log_prob(between(family, 16, *event))
    assert cost.dtype == torch.float32
    assert cost.isfinite().all()
    assert d.mean.isfinite().all()
    cost.sum().backward()
    assert raw.grad is not None
    assert raw.grad.isfinite().all()
    assert (reference.log_scales(family, raw.grad) != 0).all()


@every_one
@pytest.mark.parametrize("size", [0.0, 1.0, 30.0])
def test_the_second_derivative_is_finite(case: Case, size: float) -> None:
    """Dynamics that follow the gradient of a density are differentiated themselves."""
    family = made(case, 3, 2, 2)
    raw = (size * raw_for(family, 20, dtype=torch.float32)).requires_grad_()
    x = values_of(family, 20, 3, 2, 2, dtype=torch.float32) * (50 if family.support.counts else 1)
    (first,) = torch.autograd.grad(family(raw).log_prob(x).sum(), raw, create_graph=True)
    (second,) = torch.autograd.grad((first * torch.randn_like(first)).sum(), raw)
    assert first.isfinite().all()
    assert second.isfinite().all()


@every_one
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_great_own_parameters_give_finite_loss_and_gradient(case: Case, size: float) -> None:
    family = made(case, 5)
    with torch.no_grad():
        for parameter in family.parameters():
            parameter.fill_(size)
    x = values_of(family, 7, 5, dtype=torch.float32)
    cost = -family(raw_for(family, 7, dtype=torch.float32)).log_prob(x)
    assert cost.isfinite().all()
    if list(family.parameters()):
        cost.sum().backward()
    for parameter in family.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
        assert (parameter.grad != 0).all()


@every_one
@every_event
def test_densities_are_float32_under_autocast(case: Case, event: tuple[int, ...]) -> None:
    """The network computes in half precision, the likelihood does not."""
    family = made(case, *event)
    weight, h = torch.randn(family.parameter_shape.numel(), 6), torch.randn(4, 6)
    x = values_of(family, 4, *event, dtype=torch.float32)
    with torch.autocast("cpu", torch.bfloat16):
        raw = linear(h, weight).unflatten(1, family.parameter_shape)
        assert raw.dtype == torch.bfloat16
        d = family(raw)
        log_prob = d.log_prob(x)
    assert d.mean.dtype == d.sample().dtype == log_prob.dtype == torch.float32
    assert torch.equal(log_prob, family(raw.float()).log_prob(x))


@every_one
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_one_kept_in_half_precision_still_computes_in_float32(
    case: Case, dtype: torch.dtype
) -> None:
    family = made(case, 5).to(dtype)
    raw, x = raw_for(family, 4, dtype=dtype), values_of(family, 4, 5, dtype=torch.float32)
    rounded = family(raw).log_prob(x)
    assert rounded.dtype == torch.float32
    # sums of squares of 5 numbers: half precision would be off by 1e-2
    expected = family.double()(raw.double()).log_prob(x.double())
    torch.testing.assert_close(rounded.double(), expected, rtol=1e-5, atol=1e-5)


@every_one
@every_event
def test_float32_agrees_with_float64(case: Case, event: tuple[int, ...]) -> None:
    family = made(case, *event)
    raw, x = raw_for(family, 4), values_of(family, 4, *event)
    single = family(raw.float()).log_prob(x.float())
    assert single.dtype == torch.float32
    double = family.double()(raw).log_prob(x)
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, rtol=1e-5, atol=1e-4)


# --- what does not depend on what ---


@every_one
def test_state_dict_round_trip(case: Case) -> None:
    one, other = made(case, 5), made(case, 5)
    one.prepare(lambda n: values_of(one, min(n, 50), 5, dtype=torch.float32))
    other.load_state_dict(one.state_dict(), strict=True)
    raw, x = (
        raw_for(one, 4, dtype=torch.float32),
        values_of(one, 4, 5, dtype=torch.float32),
    )
    assert torch.equal(one(raw).mean, other(raw).mean)
    assert torch.equal(one(raw).log_prob(x), other(raw).log_prob(x))


@every_one
@every_event
def test_an_example_does_not_depend_on_the_rest_of_its_batch(
    case: Case, event: tuple[int, ...]
) -> None:
    family = made(case, *event).double()
    raw, x = raw_for(family, 6), values_of(family, 6, *event)
    whole, parts = family(raw), [family(raw[i : i + 2]) for i in (0, 2, 4)]
    torch.testing.assert_close(whole.mean, torch.cat([p.mean for p in parts]), rtol=0, atol=1e-12)
    pieces = [p.log_prob(x[2 * i : 2 * i + 2]) for i, p in enumerate(parts)]
    torch.testing.assert_close(whole.log_prob(x), torch.cat(pieces), rtol=1e-13, atol=1e-11)


@every_one
@pytest.mark.parametrize("constant", [False, True], ids=["varied", "constant"])
def test_the_data_that_it_prepares_with_give_a_finite_start(case: Case, constant: bool) -> None:
    family = made(case, 5)
    x = values_of(family, 50, 5, dtype=torch.float32)
    x = x[:1].expand(50, 5) if constant else x
    family.prepare(lambda n: x[:n])
    for tensor in family.state_dict().values():
        assert tensor.isfinite().all()
    raw = torch.zeros(50, *family.parameter_shape)
    assert family(raw).log_prob(x).isfinite().all()


@every_one
def test_the_support_is_known_for_any_event(case: Case) -> None:
    support: Any = made(case, 1).support
    assert isinstance(support, Values)
    if case.choice in ("poisson", "multinomial") or "negative_binomial" in case.choice:
        assert support == COUNTS
