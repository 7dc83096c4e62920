"""The wrapped normal distribution around the centre of a Poincaré ball."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.poincare_ball import exp_zero, log_volume, log_zero, point


@final
class CentredWrappedNormal(Distribution):
    """p(z) of z = exp₀(u), u ~ N(0, s² I): log p(z) = log N(u; 0, s²) − log|det d exp₀|.

    The density is with respect to the ball's own volume, (2 / (1 − c|z|²))ᴰ dz.

    Arguments:
        zero: zeros, (*batch, D), which give shape, type and device.
        scale: s, in units of distance.
        curvature: c; the ball's curvature is −c.

    References:
        Mathieu, Le Lan, Maddison, Tomioka, Teh: Continuous hierarchical representations with
        Poincaré variational auto-encoders. 2019. https://arxiv.org/abs/1901.06033
    """

    has_rsample = True
    arg_constraints = {}  # pyright: ignore

    def __init__(self, zero: Tensor, scale: float, curvature: float) -> None:
        self.tangent = DiagonalNormal(zero, zero + math.log(scale), 1)
        self.curvature = curvature
        super().__init__(zero.shape[:-1], zero.shape[-1:], validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The centre."""
        return self.tangent.loc

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, D)."""
        c = self.curvature
        return point(exp_zero(self.tangent.rsample(sample_shape), c)[0].z, c).z

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws without a gradient."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return log p(z), (..., *batch), for z (..., *batch, D)."""
        u, stretch = log_zero(point(value, self.curvature), self.curvature)
        return self.tangent.log_prob(u) - log_volume(stretch, u.shape[-1])
