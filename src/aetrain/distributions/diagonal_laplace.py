"""Independent Laplace values that know their log scales."""

import math
from typing import Any, final

import torch
from torch import Tensor
from torch.distributions import Laplace, register_kl

from aetrain.distributions.centred_laplace import CentredLaplace
from aetrain.distributions.diagonal_normal import HALF_LOG_TAU, DiagonalNormal
from aetrain.distributions.product import Product
from aetrain.distributions.standard_normal import StandardNormal

LOG_TWO = math.log(2)


@final
class DiagonalLaplace(Product):
    """Π 1/(2 bᵢ) exp(−|zᵢ − μᵢ| / bᵢ), reparameterised.

    Arguments:
        loc: μ, (*batch, *event).
        log_scale: log b, of the same shape or one that broadcasts to it.
        event_dims: how many of the last dimensions are one event.
        scale: b, where it was computed before its logarithm.
    """

    def __init__(
        self, loc: Tensor, log_scale: Tensor, event_dims: int = 1, scale: Tensor | None = None
    ) -> None:
        self.loc, self.log_scale = loc, log_scale
        self.scale = log_scale.exp() if scale is None else scale
        super().__init__(loc.shape, event_dims)

    @property
    def base_dist(self) -> Laplace:
        """Laplace(μᵢ, bᵢ)."""
        return Laplace(self.loc, self.scale, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """μ."""
        return self.loc

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        """Return μ + b (e₁ − e₂), e exponential, (*sample_shape, *batch, *event)."""
        shape = (2, *sample_shape, *self.loc.shape)
        draws = torch.empty(shape, dtype=self.loc.dtype, device=self.loc.device).exponential_()
        return torch.addcmul(self.loc, self.scale, draws[0] - draws[1])

    def sample(self, sample_shape: Any = ()) -> Tensor:
        """Return draws without a gradient."""
        with torch.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return −Σ |z − μ| / b + log 2b, of the batch's shape."""
        return -self.total((value - self.loc).abs() / self.scale + (self.log_scale + LOG_TWO))


@register_kl(DiagonalLaplace, DiagonalLaplace)
def kl_laplace_laplace(q: DiagonalLaplace, p: DiagonalLaplace) -> Tensor:
    """Return Σ log(b_p / b_q) + (b_q exp(−|d| / b_q) + |d|) / b_p − 1, d = μ_q − μ_p."""
    each = _absolute(q, q.loc - p.loc) / p.scale - 1 + (p.log_scale - q.log_scale)
    return q.total(each)


@register_kl(DiagonalLaplace, CentredLaplace)
def kl_laplace_centred(q: DiagonalLaplace, p: CentredLaplace) -> Tensor:
    """Return Σ log(b_p / b_q) + (b_q exp(−|μ| / b_q) + |μ|) / b_p − 1."""
    each = _absolute(q, q.loc) / p.scale - 1 + (math.log(p.scale) - q.log_scale)
    return q.total(each)


@register_kl(DiagonalLaplace, StandardNormal)
def kl_laplace_standard(q: DiagonalLaplace, p: StandardNormal) -> Tensor:
    """Return Σ ½ μ² + b² − log 2b − 1 + ½ log 2π."""
    constant = HALF_LOG_TAU - 1 - LOG_TWO
    return q.total(0.5 * q.loc.square() + q.scale.square() - q.log_scale + constant)


@register_kl(DiagonalLaplace, DiagonalNormal)
def kl_laplace_diagonal(q: DiagonalLaplace, p: DiagonalNormal) -> Tensor:
    """Return Σ (½ d² + b²) / σ² − log 2b − 1 + ½ log 2π + log σ, d = μ_q − μ_p."""
    ratio = (0.5 * (q.loc - p.loc).square() + q.scale.square()) / p.scale.square()
    return q.total(ratio + (p.log_scale - q.log_scale) + (HALF_LOG_TAU - 1 - LOG_TWO))


def _absolute(q: DiagonalLaplace, d: Tensor) -> Tensor:
    """Return E|z − c| = |d| + b exp(−|d| / b), d = μ − c."""
    return d.abs() + q.scale * (-d.abs() / q.scale).exp()
