"""Points of each posterior's space, and integrals over it."""

import itertools
import math
from typing import Any

import torch
from scipy import integrate
from torch import Tensor
from torch.distributions import Distribution

from aetrain.making import make
from aetrain.spaces import Space
from tests.battery import Case, cases

PRIORS = {
    Space.REAL: ["standard_normal", "laplace", "gaussian_mixture"],
    Space.SPHERE: ["hypersphere"],
    Space.BALL: ["wrapped_normal"],
    Space.SIMPLEX: ["categorical"],
    Space.BINARY: ["bernoulli"],
}


def size(case: Case, wanted: int) -> int:
    """Return the number of dimensions nearest to a wanted one that a posterior can have."""
    return max(2, wanted) if case.choice in ("gumbel_softmax", "von_mises_fisher") else wanted


def family(case: Case, d: int, dtype: torch.dtype = torch.float64) -> Any:
    """Return the posterior for D dimensions, its own parameters moved at random."""
    made = make(case.config["posterior"])((size(case, d),))
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return made.to(dtype)


def raw_for(made: Any, *batch: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return random raw parameters; means within one unit of 0, scales within e of 1.

    In hyperbolic space the unit is 1/√c and scales are within e of a third of it: float32
    coordinates know a point's place to a relative 10⁻³ at ten units, and no better in any chart.
    """
    raw = 0.7 * torch.randn(*batch, *made.parameter_shape, dtype=dtype)
    if made.curvature:
        unit = made.curvature**-0.5
        raw = torch.stack([unit * raw[..., 0, :], raw[..., 1, :] + math.log(unit / 3)], -2)
    return raw


def points(made: Any, *batch: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return points of the posterior's space: draws at raw parameters of their own."""
    with torch.no_grad():
        return made(raw_for(made, *batch, dtype=dtype)).sample().clone()


def priors(made: Any, d: int, dtype: torch.dtype = torch.float64) -> list[Distribution]:
    """Return priors on a posterior's space, of D dimensions, with parameters drawn at random."""
    found = [p.values[0] for p in cases("prior") if p.values[0].choice in PRIORS[made.space]]
    if made.classes:
        found = [Case("prior", "categorical", (f"classes={made.classes}",))]
    if made.curvature:
        found = [Case("prior", "wrapped_normal", (f"curvature={made.curvature}",))]
    return [case.make((d,)).to(dtype)() for case in found]


def total(case: Case) -> float:
    """Return the integral, or sum, of a posterior's density over its space in 2 or 3 dimensions."""
    made = family(case, 2)
    raw = 0.5 * raw_for(made)
    with torch.no_grad():
        if made.space is Space.BINARY:
            events = torch.tensor(list(itertools.product([0.0, 1.0], repeat=2))).double()
            return made(raw).log_prob(events).exp().sum().item()
        if made.space is Space.SPHERE:
            return _sphere(case)
        if made.space is Space.BALL:
            return ball(made(raw), made.curvature)
        if made.space is Space.SIMPLEX:  # z = (s, 1 − s), s = 1 / (1 + exp(−t)), ds = s (1 − s) dt
            t = torch.linspace(-60, 60, 20_001, dtype=torch.float64)
            z = torch.stack([t, -t], -1).sigmoid()
            return torch.trapezoid(made(raw).log_prob(z).exp() * z.prod(-1), t).item()
        side = torch.linspace(-10, 10, 321, dtype=torch.float64)
        p = made(raw).log_prob(torch.cartesian_prod(side, side)).exp()
        return (p.sum() * (side[1] - side[0]) ** 2).item()


def _sphere(case: Case) -> float:
    made = family(case, 3)
    polar = torch.linspace(0, math.pi, 401, dtype=torch.float64)
    around = torch.linspace(0, 2 * math.pi, 401, dtype=torch.float64)[:-1]
    a, b = torch.cartesian_prod(polar, around).unbind(-1)
    z = torch.stack([a.sin() * b.cos(), a.sin() * b.sin(), a.cos()], -1)
    p = made(raw_for(made)).log_prob(z).exp() * a.sin()
    return torch.trapezoid(p.reshape(401, 400).sum(1), polar).item() * 2 * math.pi / 400


def ball(d: Distribution, c: float) -> float:
    """Return the integral of a density over the Poincaré disk, with respect to its own area.

    In polar coordinates the area is sinh(√c r) / √c dr dθ, r the distance from the centre.
    """
    root = math.sqrt(c)
    r = torch.linspace(0, 14 / max(root, 1.0), 801, dtype=torch.float64)
    around = torch.linspace(0, 2 * math.pi, 401, dtype=torch.float64)[:-1]
    size, angle = (root * r / 2).tanh() / root, torch.stack([around.cos(), around.sin()], -1)
    p = d.log_prob(size[:, None, None] * angle).exp().sum(1) * 2 * math.pi / 400
    return float(integrate.simpson((p * (root * r).sinh() / root).detach(), x=r))
