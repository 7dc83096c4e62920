"""The Poincaré ball: hyperbolic space of curvature −c as the points |z| < 1/√c.

Lengths are Riemannian, those of the metric λ² |dz|² with λ = 2 / (1 − c|z|²): a tangent vector u at
the centre leads to the point at distance |u| from it, and for c -> 0 that point is u/2.

Near the edge 1 − c|z|² loses its digits where it is computed from z, and with it distance, density
and gradient. Where a point's way is known, so is 1 − c|z|² without that subtraction: it is kept
beside the coordinates.

References:
    Ungar: A gyrovector space approach to hyperbolic geometry. 2009.
    https://doi.org/10.1007/978-3-031-02396-5
    Mathieu, Le Lan, Maddison, Tomioka, Teh: Continuous hierarchical representations with Poincaré
    variational auto-encoders. 2019. https://arxiv.org/abs/1901.06033
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import softplus

TINY = 1e-30
"""Added to squares whose root is taken: at 0 the root has no derivative."""

FARTHEST = 80.0
"""Where −log(1 − c|z|²) ends: beyond it 1 − c|z|² would not be a positive float32."""

MARGIN = 8
"""Units of rounding that 1 − c|z|² of given coordinates is at least."""


class Point(NamedTuple):
    """Points of the ball: z (..., D), square = c|z|² and room = 1 − c|z|² > 0, both (..., 1)."""

    z: Tensor
    square: Tensor
    room: Tensor


def point(z: Tensor, c: float) -> Point:
    """Return the points of given coordinates (..., D); those too near to the edge are moved in."""
    limit = 1 - MARGIN * torch.finfo(z.dtype).eps
    square = _square(z, c)
    within = (limit / square.clamp(min=limit)).sqrt()
    square = square.clamp(max=limit)
    return Point(z * within, square, 1 - square)


def exp_zero(u: Tensor, c: float) -> tuple[Point, Tensor]:
    """Return the points at distance |u| from the centre, along u (..., D), and their stretch.

    z = tanh(t/2) u / t, where t = √c |u|; the stretch log(sinh(t) / t), (..., 1), is that of each
    direction across u.
    """
    t = (_square(u, c) + TINY).sqrt()
    tanh = (0.5 * t).tanh()
    shrink = tanh / t
    log_room = 2 * (math.log(2) - softplus(-t)) - t  # of 1 / cosh²(t/2)
    room = log_room.clamp(min=-FARTHEST).exp()
    # sinh(t) = 2 tanh(t/2) / (1 − tanh²(t/2))
    return Point(u * shrink, tanh.square(), room), (2 * shrink).log() - log_room


def log_zero(x: Point, c: float) -> tuple[Tensor, Tensor]:
    """Return the u (..., D) that `exp_zero` takes to x, and the stretch on the way, (..., 1)."""
    r = (x.square + TINY).sqrt()
    # 2 artanh(r) = 2 arsinh(r / √(1 − r²))
    grow = 2 * (r * x.room.rsqrt()).asinh() / r
    return x.z * grow, math.log(2) - (grow * x.room).log()


def minus(x: Point) -> Point:
    """Return the points as far away on the other side of the centre."""
    return x._replace(z=-x.z)


def add(x: Point, y: Point, c: float) -> Point:
    """Return Möbius' x ⊕ y: the isometry y ↦ x ⊕ y takes the centre to x and turns nothing there.

    With h = x + y it is ((1 − c|x|²) h + c|h|² x) / ((1 − c|x|²)(1 − c|y|²) + c|h|²), which is the
    usual form without its differences of numbers near 1.
    """
    h = x.z + y.z
    square, room = _square(h, c), x.room * y.room
    total = room + square
    return Point((x.room * h + square * x.z) / total, square / total, room / total)


def distance(x: Point, y: Point, c: float) -> Tensor:
    """Return the distance (...,) of two points."""
    return log_zero(add(minus(x), y, c), c)[0].norm(dim=-1)


def log_volume(stretch: Tensor, dimensions: int) -> Tensor:
    """Return log|det| of `exp_zero`, (...,): stretched are all directions but that of u."""
    return (dimensions - 1) * stretch.squeeze(-1)


def _square(z: Tensor, c: float) -> Tensor:
    return c * z.square().sum(-1, keepdim=True)
