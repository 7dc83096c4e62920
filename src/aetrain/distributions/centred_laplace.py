"""Independent Laplace values around 0."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Laplace, register_kl

from aetrain.distributions.diagonal_normal import DiagonalNormal
from aetrain.distributions.product import Product


@final
class CentredLaplace(Product):
    """log p(z) = −Σ |z| / b + log 2b.

    Arguments:
        zero: zeros, (*batch, *event), which give shape, type and device.
        scale: b, above 0; the standard deviation is √2 b.
        event_dims: how many of the last dimensions are one event.
    """

    def __init__(self, zero: Tensor, scale: float, event_dims: int = 1) -> None:
        self.zero, self.scale = zero, scale
        super().__init__(zero.shape, event_dims)

    @property
    def base_dist(self) -> Laplace:
        """Laplace(0, b)."""
        return Laplace(self.zero, self.zero + self.scale, validate_args=False)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws (*sample_shape, *batch, *event): differences of two exponential draws."""
        shape = (2, *sample_shape, *self.zero.shape)
        draws = torch.empty(shape, dtype=self.zero.dtype, device=self.zero.device).exponential_()
        return self.scale * (draws[0] - draws[1])

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −Σ |z| / b + log 2b, of the batch's shape."""
        constant = math.log(2 * self.scale) * math.prod(self.event_shape)
        return self.total(value.abs()) * (-1 / self.scale) - constant


@register_kl(DiagonalNormal, CentredLaplace)
def kl_diagonal_laplace(q: DiagonalNormal, p: CentredLaplace) -> Tensor:
    """Return Σ E|z| / b + log 2b − log σ − ½ log 2πe, of the batch's shape.

    For z ~ N(μ, σ²): E|z| = σ √(2/π) exp(−μ²/2σ²) + μ erf(μ / √2 σ).
    """
    standardised = q.loc / (math.sqrt(2) * q.scale)
    absolute = q.scale * math.sqrt(2 / math.pi) * (-standardised.square()).exp()
    absolute = absolute + q.loc * standardised.erf()
    constant = math.log(2 * p.scale) - 0.5 * math.log(2 * math.pi * math.e)
    return q.total(absolute / p.scale - q.log_scale + constant)
