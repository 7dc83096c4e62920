"""The wrapped normal prior."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.centred_wrapped_normal import CentredWrappedNormal
from aetrain.errors import UserError
from aetrain.families import full_precision
from aetrain.priors.prior import Prior
from aetrain.spaces import Space

FARTHEST = 10.0
"""√c times the distance of typical draws from the centre is at most this."""


@final
class WrappedNormal(Prior):
    """p(z) of z = exp₀(u), u ~ N(0, s² I), around the centre of a Poincaré ball.

    Arguments:
        event: shape of one latent, (D,).
        curvature: c; the ball is |z| < 1/√c, of curvature −c.
        scale: s, in units of distance.

    Raises:
        UserError: where c or s is not above 0, or draws lie where float32 cannot tell points from
            the ball's edge.

    References:
        Mathieu, Le Lan, Maddison, Tomioka, Teh: Continuous hierarchical representations with
        Poincaré variational auto-encoders. 2019. https://arxiv.org/abs/1901.06033
    """

    space = Space.BALL
    zero: Tensor

    def __init__(self, event: Sequence[int], *, curvature: float = 1.0, scale: float = 1.0) -> None:
        super().__init__(event)
        for name, value in {"curvature": curvature, "scale": scale}.items():
            if not 0 < value < math.inf:
                raise UserError(f"prior.{name}={value}: must be above 0, such as 1.0")
        distance = scale * math.sqrt(curvature * self.event[0])
        if distance > FARTHEST:
            less = 0.5 * (FARTHEST / scale) ** 2 / self.event[0]
            raise UserError(
                f"prior.curvature={curvature}: with latent={self.event[0]} and prior.scale={scale}"
                " draws lie where float32 cannot tell them from the edge of the ball; it must be"
                f" lower, such as {less:.2g}"
            )
        self.curvature, self.scale = float(curvature), float(scale)
        self.register_buffer("zero", torch.zeros(self.event), persistent=False)

    def forward(self) -> CentredWrappedNormal:
        """Return the distribution around the centre."""
        return CentredWrappedNormal(full_precision(self.zero), self.scale, self.curvature)
