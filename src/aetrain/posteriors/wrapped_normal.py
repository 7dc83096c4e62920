"""The wrapped normal posterior."""

import math
from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from aetrain.distributions.wrapped_normal import WrappedNormal as WrappedNormalDistribution
from aetrain.errors import UserError
from aetrain.families import Family, full_precision, soft_bound
from aetrain.posteriors.diagonal_gaussian import LOG_SCALE_BOUND
from aetrain.spaces import Space

DISTANCE_BOUND = 10.0
"""Of √c |m|: at it a float32 knows a point's distance from the centre to 0.02 %."""

TINY = 1e-30


@final
class WrappedNormal(Family):
    """q(z|x) of z = exp_μ(v) with v ~ N(0, diag σ²(x)) and μ = exp₀(m(x)) on a Poincaré ball.

    m and v are tangent vectors whose lengths are distances; v is carried from the centre to μ along
    the geodesic. √c |m| is bounded softly to 10 and log σ to ±10.

    Arguments:
        event: shape of one latent, (D,).
        curvature: c; the ball is |z| < 1/√c, of curvature −c.

    Raises:
        UserError: where c is not above 0.

    References:
        Mathieu, Le Lan, Maddison, Tomioka, Teh: Continuous hierarchical representations with
        Poincaré variational auto-encoders. 2019. https://arxiv.org/abs/1901.06033
        Nagano, Yamaguchi, Fujita, Koyama: A wrapped normal distribution on hyperbolic space for
        gradient-based learning. 2019. https://arxiv.org/abs/1902.02992
    """

    space = Space.BALL

    def __init__(self, event: Sequence[int], *, curvature: float = 1.0) -> None:
        super().__init__(event)
        if not 0 < curvature < math.inf:
            raise UserError(
                f"posterior.curvature={curvature}: must be above 0, such as 1.0; for flat space use"
                " posterior=diagonal_gaussian"
            )
        self.curvature = float(curvature)

    @property
    def parameter_shape(self) -> torch.Size:
        """Raw m and log scales, (2, D)."""
        return torch.Size((2, *self.event))

    def forward(self, raw: Tensor) -> WrappedNormalDistribution:
        """Return q(z|x) from raw parameters (..., 2, D)."""
        along, raw_scale = full_precision(raw).unbind(-2)
        bound = DISTANCE_BOUND / math.sqrt(self.curvature)
        # as `soft_bound`, of the length; whose derivative at 0 is not to be NaN
        length = (along.square().sum(-1, keepdim=True) + TINY).sqrt()
        loc = along * (bound / (bound + length))
        return WrappedNormalDistribution(
            loc, soft_bound(raw_scale, LOG_SCALE_BOUND), self.curvature
        )
