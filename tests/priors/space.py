"""Points of each space that codes lie in, and integrals over it."""

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from scipy import integrate
from torch import Tensor
from torch.distributions import Distribution

from aetrain.conditional import Conditional
from aetrain.distributions.product import Product
from aetrain.making import make_with
from aetrain.networks.mlp import MLP
from aetrain.posteriors.diagonal_gaussian import DiagonalGaussian
from aetrain.spaces import Space
from tests.battery import Case
from tests.posteriors.space import ball

SIDE = torch.linspace(-12, 12, 481, dtype=torch.float64)
CELL = float(SIDE[1] - SIDE[0]) ** 2


def size(case: Case, wanted: int) -> int:
    """Return the number of dimensions nearest to a wanted one that a prior can have."""
    if case.choice == "swiss_roll":
        return 2
    several = case.choice in ("hypersphere", "categorical", "ring")
    return max(2, wanted) if several or "layout=ring" in case.options else wanted


def prior(case: Case, d: int, dtype: torch.dtype = torch.float64) -> Any:
    """Return the prior with parameters moved at random; one that asks for an encoder has one."""
    with torch.random.fork_rng():
        torch.manual_seed(d)
        network = partial(MLP, hidden=())
        encoder = Conditional(network, DiagonalGaussian((d,)), [(3,)]).to(dtype)
    made = make_with(case.config["prior"], torch.Size((d,)), encoder=encoder).to(dtype)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        if case.choice == "vamp":  # beyond the data's range its gradient is, on purpose, the edge's
            made.pseudo_inputs.clamp_(made.low + 0.01, made.high - 0.01)
    return made


def points(made: Any, *batch: int) -> Tensor:
    """Return float64 points of the prior's space, not drawn from it where that can be."""
    (d,) = made.event
    if made.space is Space.BOX:
        return made.low + (made.high - made.low) * torch.rand(*batch, d, dtype=torch.float64)
    if made.space is Space.SIMPLEX:
        return torch.randn(*batch, *made.logits.shape, dtype=torch.float64).softmax(-1).flatten(-2)
    if made.space is Space.BINARY:
        return torch.randint(2, (*batch, d), dtype=torch.float64)
    z = 2 * torch.randn(*batch, d, dtype=torch.float64)
    if made.space is Space.BALL:
        return z / (made.curvature * (1 + z.square().sum(-1, keepdim=True))).sqrt()
    return z / z.norm(dim=-1, keepdim=True) if made.space is Space.SPHERE else z


def density(d: Distribution) -> Callable[..., float]:
    """Return p(z₁ ... z_D) of numbers."""
    return lambda *z: d.log_prob(torch.tensor(z, dtype=torch.float64)).exp().item()


def plane(d: Distribution) -> Tensor:
    """Return the density on a grid of the plane, SIDE x SIDE."""
    with torch.no_grad():
        return torch.stack([d.log_prob(torch.cartesian_prod(x[None], SIDE)).exp() for x in SIDE])


def total(case: Case) -> float:
    """Return the integral, or sum, of a prior's density over its space."""
    space = prior(case, 2).space
    if space is Space.BINARY:
        events = torch.tensor(list(itertools.product([0.0, 1.0], repeat=3))).double()
        return prior(case, 3)().log_prob(events).exp().sum().item()
    if space is Space.SPHERE:  # all of a sphere is as far: one angle counts for the other
        p = density(prior(case, 3)())
        return (
            2
            * math.pi
            * _quad(lambda t: p(math.sin(t), 0.0, math.cos(t)) * math.sin(t), 0, math.pi)
        )
    if space is Space.SIMPLEX:  # z = (s, 1 - s), s = 1 / (1 + exp(-t)), ds = s (1 - s) dt
        p = density(prior(case, 2)())

        def at(t: float) -> float:
            s, other = 1 / (1 + math.exp(-t)), 1 / (1 + math.exp(t))
            return p(s, other) * s * other

        return _quad(at, -60, 0) + _quad(at, 0, 60)
    if space is Space.BALL:
        made = prior(case, 2)
        return ball(made(), made.curvature)
    made = prior(case, size(case, 1))
    if space is Space.BOX:
        p = density(made())
        assert p(made.low - 0.01) == p(made.high + 0.01) == 0
        return _quad(p, made.low, made.high)
    if isinstance(made(), Product):
        p = density(made())
        return _quad(p, -math.inf, 0) + _quad(p, 0, math.inf)
    return float(plane(prior(case, 2)()).sum()) * CELL


def _quad(f: Callable[[float], float], low: float, high: float) -> float:
    return integrate.quad(f, low, high, epsabs=1e-10, limit=200)[0]
