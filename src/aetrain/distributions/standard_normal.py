"""The standard normal distribution."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Normal, register_kl

from aetrain.distributions.diagonal_normal import HALF_LOG_TAU, DiagonalNormal
from aetrain.distributions.product import Product


@final
class StandardNormal(Product):
    """N(0, I): half of the operations of a normal whose mean and scale happen to be 0 and 1.

    Arguments:
        zero: zeros, (*batch, *event), which give shape, type and device.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, zero: Tensor, event_dims: int) -> None:
        self.zero = zero
        super().__init__(zero.shape, event_dims)

    @property
    def base_dist(self) -> Normal:
        """N(0, 1)."""
        return Normal(self.zero, self.zero + 1, validate_args=False)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event)."""
        shape = (*sample_shape, *self.zero.shape)
        return torch.randn(shape, dtype=self.zero.dtype, device=self.zero.device)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −½ Σ x² + log 2π, of the batch's shape."""
        constant = HALF_LOG_TAU * math.prod(self.event_shape)
        return -0.5 * self.total(value.square()) - constant


@register_kl(DiagonalNormal, StandardNormal)
def kl_diagonal_standard(q: DiagonalNormal, p: StandardNormal) -> Tensor:
    """Return Σ ½ (μ² + σ² − 1) − log σ, of the batch's shape."""
    return q.total(0.5 * (q.loc.square() + q.scale.square() - 1) - q.log_scale)
