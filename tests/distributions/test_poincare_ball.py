"""The Poincaré ball: the textbook's formulas, hyperbolic trigonometry, and autograd's Jacobians."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from aetrain.distributions.poincare_ball import (
    Point,
    add,
    distance,
    exp_zero,
    log_volume,
    log_zero,
    minus,
    point,
)
from tests.oracles.posteriors import mobius

every_curvature = pytest.mark.parametrize("c", [1e-4, 0.3, 1.0, 5.0])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def tangents(n: int, c: float, d: int = 3) -> Tensor:
    """Return vectors of lengths up to about three units of 1/√c."""
    return torch.randn(n, d, dtype=torch.float64) / math.sqrt(c)


def points(n: int, c: float, d: int = 3) -> Point:
    return exp_zero(tangents(n, c, d), c)[0]


def arcosh(x: Tensor, y: Tensor, c: float) -> Tensor:
    """Return the distance as the textbooks write it."""
    up = 2 * c * (x - y).square().sum(-1)
    rooms = (1 - c * x.square().sum(-1)) * (1 - c * y.square().sum(-1))
    return (1 + up / rooms).acosh() / math.sqrt(c)


@every_curvature
def test_exp_and_log_are_inverse(c: float) -> None:
    u = tangents(50, c)
    x, stretch = exp_zero(u, c)
    back, same = log_zero(x, c)
    torch.testing.assert_close(back, u, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(same, stretch, rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(log_zero(point(x.z, c), c)[0], u, rtol=1e-9, atol=1e-12)


@every_curvature
def test_what_a_point_says_of_itself(c: float) -> None:
    x, y = points(50, c), points(50, c)
    for p in (x, minus(x), add(x, y, c), point(x.z, c)):
        square = c * p.z.square().sum(-1, keepdim=True)
        torch.testing.assert_close(p.square, square, rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(p.room, 1 - square, rtol=1e-8, atol=1e-12)


@every_curvature
def test_a_tangents_length_is_the_distance(c: float) -> None:
    u = tangents(50, c)
    x, centre = exp_zero(u, c)[0], points(1, c)._replace(z=torch.zeros(1, 3).double())
    torch.testing.assert_close(arcosh(x.z, centre.z, c), u.norm(dim=-1), rtol=1e-8, atol=1e-9)


@every_curvature
def test_distance_is_the_textbooks(c: float) -> None:
    x, y = points(50, c), points(50, c)
    torch.testing.assert_close(distance(x, y, c), arcosh(x.z, y.z, c), rtol=1e-8, atol=1e-9)
    torch.testing.assert_close(distance(x, y, c), distance(y, x, c), rtol=1e-9, atol=1e-10)


@every_curvature
def test_addition_is_the_textbooks(c: float) -> None:
    x, y = points(20, c), points(20, c)
    each = [mobius(a.numpy(), b.numpy(), c) for a, b in zip(x.z, y.z, strict=True)]
    np.testing.assert_allclose(add(x, y, c).z, np.stack(each), rtol=1e-9, atol=1e-12)


@every_curvature
def test_addition_is_an_isometry_that_has_an_inverse(c: float) -> None:
    x, y, z = points(50, c), points(50, c), points(50, c)
    moved = distance(add(x, y, c), add(x, z, c), c)
    torch.testing.assert_close(moved, distance(y, z, c), rtol=1e-7, atol=1e-8)
    back = add(minus(x), add(x, y, c), c)
    torch.testing.assert_close(back.z, y.z, rtol=1e-7, atol=1e-8)
    centre = exp_zero(torch.zeros(50, 3).double(), c)[0]
    torch.testing.assert_close(add(x, centre, c).z, x.z)
    torch.testing.assert_close(add(centre, x, c).z, x.z)


@every_curvature
def test_addition_turns_nothing_at_the_centre(c: float) -> None:
    """Its derivative there is 1 − c|x|² times the identity, which keeps Riemannian lengths."""
    x = points(1, c)

    def moved(u: Tensor) -> Tensor:
        return add(x, exp_zero(u[None], c)[0], c).z[0]

    jacobian = torch.autograd.functional.jacobian(moved, torch.zeros(3).double())
    identity = torch.eye(3, dtype=torch.float64)
    torch.testing.assert_close(jacobian, 0.5 * x.room * identity, rtol=1e-9, atol=1e-12)


@every_curvature
@pytest.mark.parametrize("d", [1, 2, 3, 7])
def test_volume_is_that_of_the_jacobian(c: float, d: int) -> None:
    """log|det ∂z/∂u| + D log λ, by autograd."""
    for u in tangents(5, c, d):
        jacobian = torch.autograd.functional.jacobian(lambda u: exp_zero(u, c)[0].z, u)
        (x, stretch) = exp_zero(u, c)
        expected = torch.linalg.slogdet(jacobian)[1] + d * (2 / x.room).log().squeeze()
        torch.testing.assert_close(log_volume(stretch, d), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("t", [0.0, 1e-12, 1e-5, 1e-2, 1.0, 12.0, 40.0, 79.0, 1e3, 1e5])
def test_float32_knows_the_volume_at_any_distance(t: float) -> None:
    u = torch.tensor([0.6 * t, -0.8 * t], requires_grad=True)
    _, stretch = exp_zero(u, 1.0)
    (gradient,) = torch.autograd.grad(stretch.sum(), u)
    exact, slope = t - math.log(2 * t or 1), 1 - 1 / (t or 1)  # of log(sinh(t) / t), far out
    if t < 1:
        exact, slope = t * t / 6 - t**4 / 180, t / 3
    elif t < 20:
        exact, slope = math.log(math.sinh(t) / t), 1 / math.tanh(t) - 1 / t
    assert stretch.item() == pytest.approx(exact, rel=1e-6, abs=2e-7)
    if t == 0 or t > 1e-3:
        assert gradient[0].item() == pytest.approx(0.6 * slope, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("t", [1e-12, 1e-5, 1e-2, 1.0, 12.0, 40.0])
def test_float32_keeps_its_digits_where_the_way_is_known(t: float) -> None:
    u = torch.tensor([0.6 * t, -0.8 * t], requires_grad=True)
    x, _ = exp_zero(u, 1.0)
    assert x.room.item() == pytest.approx(1 / math.cosh(t / 2) ** 2, rel=1e-5)
    back, _ = log_zero(x, 1.0)
    torch.testing.assert_close(back, u, rtol=2e-6, atol=0)
    if t < 15:  # beyond, the coordinates themselves hardly change
        (whole,) = torch.autograd.grad(back.sum(), u)
        torch.testing.assert_close(whole, torch.ones(2), rtol=1e-3, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("size", [0.0, 1 - 1e-9, 1.0, 3.0, 1e6])
@every_curvature
def test_at_the_edge_and_beyond(c: float, size: float, dtype: torch.dtype) -> None:
    """Points are inside, at a distance that is known; nothing is infinite."""
    z = (size * torch.tensor([0.6, 0.8], dtype=dtype) / math.sqrt(c)).requires_grad_()
    x = point(z, c)
    u, stretch = log_zero(x, c)
    most = math.log(4 / (8 * torch.finfo(dtype).eps)) / math.sqrt(c)
    assert u.norm().item() <= most * 1.001
    assert x.z.norm().item() < 1 / math.sqrt(c)
    if size >= 1:
        assert u.norm().item() > 0.98 * most
    (gradient,) = torch.autograd.grad(u.sum() + stretch.sum(), z)
    assert gradient.isfinite().all()


@every_curvature
def test_gradients_agree_with_finite_differences(c: float) -> None:
    u, v = tangents(3, c).requires_grad_(), tangents(3, c).requires_grad_()

    def through(u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        x, y = exp_zero(u, c)[0], exp_zero(v, c)[0]
        return log_zero(point(add(minus(x), y, c).z, c), c)

    assert torch.autograd.gradcheck(through, (u, v), eps=1e-6 / math.sqrt(c), atol=1e-4)
