"""The diagonal normal distribution that knows its log scale."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Normal, register_kl

from aetrain.distributions.product import Product

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


@final
class DiagonalNormal(Product):
    """N(μ, diag σ²). The log scale is at hand, so neither density nor KL takes a logarithm.

    Arguments:
        loc: means, (*batch, *event).
        log_scale: log σ, of the same shape or one that broadcasts to it.
        event_dims: how many of the last dimensions are one event.
        scale: σ, where it was computed before its logarithm.
    """

    def __init__(
        self, loc: Tensor, log_scale: Tensor, event_dims: int, scale: Tensor | None = None
    ) -> None:
        self.loc, self.log_scale = loc, log_scale
        self.scale = log_scale.exp() if scale is None else scale
        super().__init__(loc.shape, event_dims)

    @property
    def base_dist(self) -> Normal:
        """N(μᵢ, σᵢ²)."""
        return Normal(self.loc, self.scale, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ."""
        return self.loc

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return μ + σ ε, (*sample_shape, *batch, *event)."""
        shape = (*sample_shape, *self.loc.shape)
        noise = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
        return torch.addcmul(self.loc, self.scale, noise)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −Σ ½ ((x − μ)/σ)² + log σ + ½ log 2π, of the batch's shape."""
        square = ((value - self.loc) / self.scale).square()
        return -self.total(0.5 * square + self.log_scale + HALF_LOG_TAU)


@register_kl(DiagonalNormal, DiagonalNormal)
def kl_diagonal_diagonal(q: DiagonalNormal, p: DiagonalNormal) -> Tensor:
    """Return Σ ½ [((μ_q − μ_p)² + σ_q²) / σ_p² − 1] + log σ_p − log σ_q, of the batch's shape."""
    ratio = ((q.loc - p.loc).square() + q.scale.square()) / p.scale.square()
    return q.total(0.5 * (ratio - 1) + (p.log_scale - q.log_scale))
