"""How the plane lies in a two-dimensional space of codes."""

import math
from collections.abc import Callable
from functools import singledispatch
from typing import NamedTuple

from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.poincare_ball import exp_zero, point
from aetrain.distributions.von_mises_fisher import VonMisesFisher
from aetrain.distributions.wrapped_normal import WrappedNormal


class Chart(NamedTuple):
    """What figures of the latent plane must know of a space.

    Attributes:
        place: normal points of the plane (N, 2) -> codes (N, 2); None where there is no plane.
        names: of the plane's two coordinates.
        rim: distance from the origin that no code lies beyond; None where there is none.
    """

    place: Callable[[Tensor], Tensor] | None
    names: tuple[str, str] = ("z₀", "z₁")
    rim: float | None = None


@singledispatch
def chart(q: Distribution) -> Chart:
    """Return the chart of the space that a posterior's draws lie in; most are planes themselves."""
    return Chart(lambda u: u)


@chart.register
def _(q: WrappedNormal) -> Chart:
    # a step of one unit is one unit of distance from the centre, so the prior is normal
    c = q.curvature
    return Chart(
        lambda u: point(exp_zero(u, c)[0].z, c).z, ("log₀ z₀", "log₀ z₁"), 1 / math.sqrt(c)
    )


@chart.register
def _(q: VonMisesFisher) -> Chart:
    return Chart(None, rim=1.0)
