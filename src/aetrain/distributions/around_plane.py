"""Gaussian noise beside a plane, and none within it."""

from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Distribution

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU


@final
class AroundPlane(Distribution):
    """x = μ + σ (I − W Wᵀ) ε: the distance from a plane through μ is normal, in D − d dimensions.

    The density is that of the part of x − μ which is orthogonal to the plane; where x lies along
    it does not count.

    Arguments:
        loc: μ, (*batch, D).
        basis: W, (D, d), with orthonormal columns.
        log_scale: log σ, ().
        event: shape of one x, of D values.
    """

    arg_constraints = {}  # pyright: ignore
    has_rsample = True

    def __init__(self, loc: Tensor, basis: Tensor, log_scale: Tensor, event: torch.Size) -> None:
        self.loc, self.basis, self.log_scale = loc, basis, log_scale
        super().__init__(loc.shape[:-1], event, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ, (*batch, *event)."""
        return self.loc.unflatten(-1, self.event_shape)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event)."""
        noise = self._beside(torch.randn(*sample_shape, *self.loc.shape, device=self.loc.device))
        return (self.loc + self.log_scale.exp() * noise).unflatten(-1, self.event_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −½ |(I − W Wᵀ)(x − μ)|² / σ² − (D − d)(log σ + ½ log 2π), of the batch's shape."""
        x = value.flatten(-len(self.event_shape))
        square = self._beside(x - self.loc).square().sum(-1) * (-2 * self.log_scale).exp()
        size, within = self.basis.shape
        return -0.5 * square - (size - within) * (self.log_scale + HALF_LOG_TAU)

    def _beside(self, x: Tensor) -> Tensor:
        x = x.to(self.basis)
        return x - (x @ self.basis) @ self.basis.T
