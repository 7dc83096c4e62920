"""The shortest way from one code to another, in whatever space codes lie."""

from functools import singledispatch

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.poincare_ball import add, exp_zero, log_zero, minus, point
from aetrain.distributions.von_mises_fisher import VonMisesFisher
from aetrain.distributions.wrapped_normal import WrappedNormal


def between(ends: Tensor, t: Tensor) -> Tensor:
    """Return (1 − t) a + t b, (T, *shape), for ends a and b, (2, *shape), and shares t (T,)."""
    share = t.view(-1, *[1] * (ends.dim() - 1))
    return (1 - share) * ends[0] + share * ends[1]


@singledispatch
def path(q: Distribution, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Return the codes (T, *latent) at shares t (T,) of the way from a to b, both (*latent,).

    Arguments:
        q: a posterior, which tells the space: a straight line for most, a great circle for
            directions, a geodesic of the Poincaré ball for its points.
        a: where the way begins.
        b: where it ends.
        t: from 0 to 1.

    References:
        Ungar: A gyrovector space approach to hyperbolic geometry. 2008.
        https://doi.org/10.2200/S00175ED1V01Y200901MAS004 (the geodesic a ⊕ t ⊗ (−a ⊕ b))
    """
    return between(torch.stack([a, b]), t)


@path.register
def _(q: VonMisesFisher, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    a, b = a / a.norm(), b / b.norm()  # a mean lies within the sphere
    angle = (a @ b).clamp(-1, 1).acos()
    if angle < 1e-4:
        return a + t[:, None] * (b - a)
    ends = ((1 - t) * angle).sin(), (t * angle).sin()
    return (ends[0][:, None] * a + ends[1][:, None] * b) / angle.sin()


@path.register
def _(q: WrappedNormal, a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    c = q.curvature
    start = point(a, c)
    way = log_zero(add(minus(start), point(b, c), c), c)[0]
    steps = exp_zero(t[:, None] * way, c)[0]
    starts = point(torch.broadcast_to(a, steps.z.shape), c)
    return add(starts, steps, c).z
