"""Normal distributions on the Poincaré ball: Jacobians, limits, isometries."""

import math

import pytest
import torch
from scipy import stats
from torch import Tensor
from torch.distributions import kl_divergence

from aetrain.distributions.centred_wrapped_normal import CentredWrappedNormal
from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.poincare_ball import add, distance, exp_zero, point
from aetrain.distributions.standard_normal import StandardNormal
from aetrain.distributions.wrapped_normal import WrappedNormal
from aetrain.objectives.rate import rate

every_curvature = pytest.mark.parametrize("c", [0.1, 1.0, 3.0])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def made(c: float, *batch: int, d: int = 3) -> WrappedNormal:
    loc, log_scale = torch.randn(2, *batch, d, dtype=torch.float64)
    return WrappedNormal(loc, 0.3 * log_scale - 1, c)


def standard(c: float, d: int = 3) -> CentredWrappedNormal:
    return CentredWrappedNormal(torch.zeros(d, dtype=torch.float64), 1.0, c)


@every_curvature
def test_the_density_is_that_of_the_jacobian(c: float) -> None:
    """log N(v; 0, σ²) − log|det ∂z/∂v| − D log λ(z), by autograd."""
    q = made(c)
    centre, _ = exp_zero(q.loc, c)
    for v in q.scale * torch.randn(10, 3).double():
        draw = lambda v: add(centre, exp_zero(v, c)[0], c).z  # noqa: E731
        z = draw(v)
        log_det = torch.linalg.slogdet(torch.autograd.functional.jacobian(draw, v))[1]
        to_volume = 3 * (2 / (1 - c * z.square().sum())).log()
        normal = DiagonalNormal(torch.zeros_like(v), q.log_scale, 1).log_prob(v)
        torch.testing.assert_close(q.log_prob(z), normal - log_det - to_volume)


@every_curvature
def test_distances_of_draws_from_the_mean(c: float) -> None:
    loc = torch.randn(4, dtype=torch.float64)
    q = WrappedNormal(loc, torch.full_like(loc, math.log(0.7)), c)
    z = q.sample((20_000,))
    d = distance(exp_zero(loc, c)[0], point(z, c), c)
    assert stats.kstest(d, stats.chi(4, scale=0.7).cdf).pvalue > 1e-3


@every_curvature
def test_the_mean_is_the_point_nearest_to_all(c: float) -> None:
    q = made(c)
    z, mean = point(q.sample((50_000,)), c), point(q.mean, c)

    def spread(shift: Tensor) -> Tensor:
        return distance(add(mean, exp_zero(shift, c)[0], c), z, c).square()

    least = spread(torch.zeros(3).double())
    for i in range(3):
        shift = 0.1 * torch.eye(3, dtype=torch.float64)[i]
        for side in (shift, -shift):
            excess = spread(side) - least
            assert excess.mean() > 4 * excess.std() / math.sqrt(len(excess))


@every_curvature
def test_isometries_change_nothing(c: float) -> None:
    """Around the centre or elsewhere, a density of one scale depends on the distance alone."""
    log_scale = torch.full((5, 3), math.log(0.6), dtype=torch.float64)
    q = WrappedNormal(torch.randn(5, 3).double(), log_scale, c)
    at_centre = CentredWrappedNormal(torch.zeros(5, 3).double(), 0.6, c)
    y = at_centre.sample((4,))
    moved = add(exp_zero(q.loc, c)[0], point(y, c), c).z
    torch.testing.assert_close(q.log_prob(moved), at_centre.log_prob(y), rtol=1e-7, atol=1e-7)


def test_flat_space_is_the_limit() -> None:
    q, c = made(1.0, 5), 1e-9
    flat, bent = DiagonalNormal(q.loc, q.log_scale, 1), WrappedNormal(q.loc, q.log_scale, c)
    torch.manual_seed(1)
    z = bent.rsample((4,))
    torch.manual_seed(1)
    torch.testing.assert_close(2 * z, flat.rsample((4,)), rtol=0, atol=1e-6)
    torch.testing.assert_close(bent.log_prob(z), flat.log_prob(2 * z), rtol=0, atol=1e-6)
    zero = torch.zeros(3).double()
    torch.testing.assert_close(
        standard(c).log_prob(z), StandardNormal(zero, 1).log_prob(2 * z), rtol=0, atol=1e-6
    )
    exact = kl_divergence(flat, StandardNormal(zero, 1))
    torch.testing.assert_close(rate(bent, z, standard(c)), exact, rtol=0, atol=1e-6)


@every_curvature
def test_the_rate_has_the_mean_of_the_plain_estimate_and_less_noise(c: float) -> None:
    q, p, n = made(c, 6, d=2), standard(c, 2), 20_000
    z = q.sample((n,))
    plain = q.log_prob(z) - p.log_prob(z)
    torch.manual_seed(1)
    each = torch.stack([rate(q, q.sample((1,)), p) for _ in range(400)])
    assert (each.std(0) < plain.std(0)).all()
    error = 4.5 * (plain.std(0) / math.sqrt(n) + each.std(0) / math.sqrt(400))
    assert ((plain.mean(0) - each.mean(0)).abs() < error).all()
    assert ((plain.mean(0) - rate(q, z, p)).abs() < 4.5 * plain.std(0) / math.sqrt(n)).all()


def test_the_rate_to_any_other_prior_is_the_plain_estimate() -> None:
    q, p = made(1.0, 4), made(1.0)
    z = q.sample((7,))
    torch.testing.assert_close(rate(q, z, p), (q.log_prob(z) - p.log_prob(z)).mean(0))


@every_curvature
def test_a_draw_and_its_copy_have_the_same_density_and_gradient(c: float) -> None:
    loc, log_scale = (x.requires_grad_() for x in torch.randn(2, 4, 3, dtype=torch.float64))
    found = []
    for copied in (False, True):
        torch.manual_seed(1)
        q = WrappedNormal(loc, 0.3 * log_scale, c)
        z = q.rsample((2,))
        log_prob = q.log_prob(z.clone() if copied else z)
        both = torch.autograd.grad(log_prob.sum(), [loc, log_scale], materialize_grads=True)
        found.append([log_prob, *both])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)


def test_a_draw_without_a_graph_is_no_use_to_who_wants_one() -> None:
    loc = torch.randn(3, dtype=torch.float64, requires_grad=True)
    q = WrappedNormal(loc, torch.zeros(3).double(), 1.0)
    z = q.sample()
    assert not z.requires_grad
    assert q.log_prob(z).requires_grad
    with torch.no_grad():
        assert not q.log_prob(q.sample()).requires_grad


@torch.no_grad()
def test_draws_far_out_are_inside_and_their_density_is_exact() -> None:
    """Coordinates end at the edge; the density of a draw does not need them."""
    loc = torch.zeros(1, 3)
    q = WrappedNormal(loc, torch.full((1, 3), 4.0), 1.0)
    z = q.sample((1000,))
    assert (z.norm(dim=-1) < 1).all()
    assert z.isfinite().all()
    torch.manual_seed(3)
    z = q.sample()
    torch.manual_seed(3)
    v = math.exp(4) * torch.randn(1, 3).double()
    r = v.norm()
    expected = stats.norm.logpdf(v, scale=math.exp(4)).sum() - 2 * (r - (2 * r).log())
    assert q.log_prob(z).item() == pytest.approx(float(expected), rel=1e-5)
