"""The uniform distribution on a box."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Uniform

from aetrain.distributions.product import Product


@final
class BoxUniform(Product):
    """All points of [a, b]ᴰ alike: log p(z) = −D log (b − a), and −∞ outside.

    Arguments:
        zero: zeros, (*batch, *event), which give shape, type and device.
        low: a.
        high: b, above a.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, zero: Tensor, low: float, high: float, event_dims: int = 1) -> None:
        self.zero, self.low, self.high = zero, low, high
        super().__init__(zero.shape, event_dims)

    @property
    def base_dist(self) -> Uniform:
        """U(a, b)."""
        return Uniform(self.zero + self.low, self.zero + self.high, validate_args=False)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event)."""
        shape = (*sample_shape, *self.zero.shape)
        u = torch.rand(shape, dtype=self.zero.dtype, device=self.zero.device)
        return torch.lerp(self.zero + self.low, self.zero + self.high, u)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −D log (b − a) inside of the box and −∞ outside, of the batch's shape."""
        outside = (value < self.low) | (value > self.high)
        each = self.zero - math.log(self.high - self.low)
        return self.total(torch.where(outside, -math.inf, each))
