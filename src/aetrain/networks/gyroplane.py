"""A perceptron that decodes points of a Poincaré ball."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from aetrain.distributions.poincare_ball import TINY, point
from aetrain.errors import UserError
from aetrain.families import full_precision, soft_bound
from aetrain.networks.activation import activation_named
from aetrain.networks.given import joined, width
from aetrain.networks.mlp import MLP

OFFSET_BOUND = 10.0


@final
class Gyroplanes(nn.Module):
    """fₖ(z) = |aₖ| times the signed distance of z from a hyperplane of the Poincaré ball.

    The k-th hyperplane is orthogonal to aₖ at distance rₖ from the centre, along aₖ: with
    â = a / |a| and λ = 2 / (1 − c|z|²),

        f(z) = |a| arsinh(√c λ âᵀz cosh(√c r) − (λ − 1) sinh(√c r)) / √c,

    which for c -> 0 is a linear layer, 2 aᵀz − |a| r. √c r is bounded softly to ±10.

    Arguments:
        size: D.
        out: K.
        curvature: c; the ball's curvature is −c; 0 makes flat space.

    References:
        Ganea, Bécigneul, Hofmann: Hyperbolic neural networks. 2018.
        https://arxiv.org/abs/1805.09112
        Mathieu, Le Lan, Maddison, Tomioka, Teh: Continuous hierarchical representations with
        Poincaré variational auto-encoders. 2019. https://arxiv.org/abs/1901.06033
    """

    def __init__(self, size: int, out: int, curvature: float) -> None:
        super().__init__()
        self.curvature = curvature
        self.weight = nn.Parameter(torch.empty(out, size))
        self.offset = nn.Parameter(torch.empty(out).uniform_(-1, 1))
        nn.init.kaiming_uniform_(self.weight, a=math.sqrt(5))

    def forward(self, z: Tensor) -> Tensor:
        """Map points (B, D) to (B, K); points beyond the edge are moved inside it."""
        c, root = self.curvature, math.sqrt(self.curvature)
        # near the edge the terms are large and cancel: not for half precision
        with torch.autocast(z.device.type, enabled=False):
            z, weight, offset = map(full_precision, (z, self.weight, self.offset))
            length = (weight.square().sum(1) + TINY).sqrt()
            if c == 0:
                return 2 * linear(z, weight) - length * offset
            t = root * soft_bound(offset, OFFSET_BOUND / root)
            along = weight * (t.cosh() / length).unsqueeze(1)
            x = point(z, c)
            # a point of the hyperboloid, and the normal vectors of its hyperplanes
            up = (2 - x.room) / x.room
            side = linear(x.z * (2 * root / x.room), along) - up * t.sinh()
            return length * side.asinh() / root


@final
class GyroplaneMLP(nn.Module):
    """A perceptron whose first layer is made of `Gyroplanes`, the others being ordinary.

    Arguments:
        given: shapes of the inputs; the first, flattened, is a point of the ball, and others enter
            the first layer linearly.
        out: shape of the output.
        hidden: widths of the hidden layers.
        activation: name of the nonlinearity, see `aetrain.networks.activation`.
        curvature: c; the ball's curvature is −c; 0 makes flat space, and an ordinary perceptron.

    Raises:
        UserError: where c is below 0.
    """

    def __init__(
        self,
        given: Sequence[torch.Size],
        out: torch.Size,
        *,
        hidden: Sequence[int] = (500,),
        activation: str = "relu",
        curvature: float = 0.0,
    ) -> None:
        super().__init__()
        if not 0 <= curvature < math.inf:
            raise UserError(f"network.curvature={curvature}: must be 0 or more, such as 1.0")
        code, *others = given
        first, *rest = [*hidden, math.prod(out)]
        self.first = Gyroplanes(math.prod(code), first, float(curvature))
        self.others = nn.Linear(width(others), first, bias=False) if others else None
        self.nonlinearity = activation_named(activation)()
        self.rest = None
        if rest:
            shapes = [torch.Size((first,))]
            self.rest = MLP(shapes, torch.Size(rest[-1:]), hidden=rest[:-1], activation=activation)
        self.out = torch.Size(out)

    def forward(self, *given: Tensor) -> Tensor:
        """Map a point and others (B, *shape) to (B, *out)."""
        code, *others = given
        y = self.first(code.flatten(1)).to(code.dtype)
        if self.others is not None:
            y = y + self.others(joined(others))
        if self.rest is not None:
            y = self.rest(self.nonlinearity(y))
        return y.unflatten(1, self.out)
